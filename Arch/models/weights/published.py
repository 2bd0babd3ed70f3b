"""Published weights of torchvision and timm, and the digest of a state dict."""

from __future__ import annotations

import hashlib

import torch

from Arch.errors import ArchError, ModelError, UnknownNameError
from Arch.models import MODELS
from Arch.models.architectures.published import Published
from Arch.models.weights.files import State


def require_published(name: str, weights: str) -> type[Published]:
    """Returns the network of a library if the library publishes such weights for it; nothing is downloaded.

    Raises:
        UnknownNameError: there is no such network, or it has no such weights.
        ModelError: the network is not from another library.
    """
    architecture = MODELS[name]
    if not issubclass(architecture, Published):
        raise ModelError(
            f"{name} is not a network of another library, so it has no published weights: write {name}@FILE."
        )
    known = architecture.weights()
    if weights not in known:
        hint = "DEFAULT means other weights in another version of the library." if weights == "DEFAULT" else ""
        raise UnknownNameError(f"weights of {name}", weights, known, hint)
    return architecture


def published_weights(name: str, weights: str) -> State:
    """Returns the state dict of a library's published weights, downloaded by that library unless it is in its cache.

    Raises:
        UnknownNameError, ModelError: as `require_published`; ModelError also where they cannot be downloaded.
    """
    architecture = require_published(name, weights)
    try:
        with torch.random.fork_rng(devices=[]):  # a library initialises randomly before it loads
            return {key: each.detach() for key, each in architecture.published(weights).items()}
    except ArchError:
        raise
    except Exception as error:  # the library's download and reader raise whatever the network and the bytes lead to
        raise ModelError(
            f"the weights {name}@{weights} cannot be downloaded: {type(error).__name__}: {error}"
        ) from error


def digest_of(state: State) -> str:
    """Returns the SHA-256 of all names, dtypes, shapes and numbers of a state dict, in the order of the names."""
    found = hashlib.sha256()
    for key in sorted(state):
        tensor = state[key].detach().cpu().contiguous()
        found.update(f"{key}{tensor.dtype}{tuple(tensor.shape)}".encode())
        found.update(tensor.flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
    return found.hexdigest()
