"""Weights from elsewhere: from a file or a library to a state dict, and from a state dict into a network."""

from __future__ import annotations

import hashlib
import pickle
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from Arch.errors import ModelError, UnknownNameError
from Arch.models import MODELS
from Arch.models.published import Published

if TYPE_CHECKING:
    from pathlib import Path

    from Arch.models.architecture import Architecture
    from Arch.models.imodel import IModel

State = Mapping[str, Tensor]
CONTAINERS = ("state_dict", "model_state_dict", "model", "net", "network")
PREFIXES = ("module.", "model.", "net.", "network.", "backbone.", "_orig_mod.")
COUNTER = "num_batches_tracked"  # BatchNorm's, which old files lack; it matters only where momentum is None
LONGEST = 20  # lines of a list of what does not fit
# what torch and safetensors raise for a file that is damaged or another library's
_UNREADABLE = (
    SafetensorError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Fit:
    """How far weights fitted a network.

    Attributes:
        taken: names of the parameters and buffers that were taken over.
        fresh: names of those that start afresh, as drawn.
        left_out: names of given tensors that the network has no use for: another head.
    """

    taken: frozenset[str]
    fresh: tuple[str, ...]
    left_out: tuple[str, ...]


def read_weights(path: Path) -> State:
    """The state dict in a `.safetensors` file, or in a `.pth` or the like, of which no code is run.

    Raises:
        ModelError: it cannot be read, or holds no tensors where they are expected.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # how the file was written is nothing that its reader can change
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"the weights {path} cannot be read: {error.strerror or error}.") from error
    except pickle.UnpicklingError as error:  # torch's own words advise to run the code
        raise ModelError(
            f"the weights {path} cannot be read as tensors alone: the file is damaged, none of weights, or holds "
            "Python objects, which are not opened, since that runs code. Get it again, or save the network's "
            "state_dict()."
        ) from error
    except _UNREADABLE as error:
        line = str(error).partition("\n")[0] or "it ends too early"
        raise ModelError(
            f"the weights {path} cannot be read ({type(error).__name__}: {line}): the file is damaged, not whole or "
            "none of weights. Get it again, or save the network's state_dict() anew."
        ) from error
    return _unwrapped(content, path)


def published_weights(name: str, weights: str) -> State:
    """The state dict of a library's published weights, downloaded by that library unless it has them.

    Raises:
        UnknownNameError: there is no such network, or it has no such weights.
        ModelError: the network is none of another library, or the weights cannot be had.
    """
    architecture = MODELS[name]
    if not issubclass(architecture, Published):
        raise ModelError(f"{name} is no network of another library, so it has no published weights: write {name}@FILE.")
    known = architecture.weights()
    if weights not in known:
        hint = "DEFAULT means other weights in another version of the library." if weights == "DEFAULT" else ""
        raise UnknownNameError(f"weights of {name}", weights, known, hint)
    try:
        with torch.random.fork_rng(devices=[]):  # a library draws weights before it overwrites them
            return {key: each.detach() for key, each in architecture.published(weights).items()}
    except (OSError, *_UNREADABLE) as error:
        raise ModelError(f"the weights {name}@{weights} cannot be had: {type(error).__name__}: {error}") from error


def digest_of(state: State) -> str:
    """SHA-256 of all names, types, shapes and numbers, in the order of the names."""
    found = hashlib.sha256()
    for key in sorted(state):
        tensor = state[key].detach().cpu().contiguous()
        found.update(f"{key}{tensor.dtype}{tuple(tensor.shape)}".encode())
        found.update(tensor.flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
    return found.hexdigest()


def begin_from(model: IModel, architecture: Architecture, state: State, source: str) -> Fit:
    """Lets a network begin from others' weights; the head and the first convolution stay as drawn where shapes differ.

    Args:
        model: changed in place.
        architecture: what the network was made from.
        state: the weights, under the network's own names or with one of `PREFIXES` before them.
        source: what messages call the weights.

    Raises:
        ModelError: anything else is missing, too much or of another shape; every such key is listed.
    """
    own = model.network.state_dict()
    given = architecture.resized(_renamed(state, own, source), model.network)
    free = _free_modules(model, architecture)
    differing = [key for key in own if key not in given or given[key].shape != own[key].shape]
    fresh = [key for key in differing if _is_within(key, free)]
    unexpected = [key for key in given if key not in own]
    has_our_head = any(_is_within(key, heads(model)) for key in given)
    theirs = [] if has_our_head else [key.rpartition(".")[0] for key in list(given)[-1:]]
    left_out = [key for key in unexpected if _is_within(key, theirs)]
    counters = [key for key in differing if key.endswith(COUNTER) and key not in given]
    faults = [_difference(key, own, given) for key in differing if key not in fresh and key not in counters]
    faults += [f"unexpected {key}" for key in unexpected if key not in left_out]
    _refuse(faults, source, model.name)
    taken = {key: given[key] for key in own if key not in differing}
    try:
        model.network.load_state_dict(taken, strict=False)
    except RuntimeError as error:
        raise ModelError(
            f"the weights {source} hold tensors that are not dense, or not of plain numbers, which {model.name} cannot "
            "take over: save them as dense ones."
        ) from error
    return Fit(frozenset(taken), tuple(fresh), tuple(left_out))


def load_whole(model: IModel, architecture: Architecture, state: State, source: str) -> None:
    """Loads weights of which nothing may be missing or left over.

    Raises:
        ModelError: they do not fit, be it the head alone.
    """
    fit = begin_from(model, architecture, state, source)
    if fit.fresh or fit.left_out:
        lacking = ", ".join((*fit.fresh, *fit.left_out))
        raise ModelError(
            f"the weights {source} are not those of {model.name} for images of shape {model.shape} and {model.classes} "
            f"classes: they do not fit {lacking}. Take weights that were trained for these data."
        )


def heads(model: IModel) -> tuple[str, ...]:
    """The names of the modules that make logits: the last linear layer, or the last convolution."""
    inside = set(model.head.parameters()) if model.is_cut else set(model.network.parameters())
    found = [name for name, each in model.network.named_modules() if _gives(each, model.classes, inside)]
    return tuple(found if model.is_cut else found[-1:])


def _gives(module: nn.Module, classes: int, inside: set[nn.Parameter]) -> bool:
    width = module.out_features if isinstance(module, nn.Linear) else getattr(module, "out_channels", None)
    return isinstance(module, nn.Linear | nn.Conv2d) and width == classes and module.weight in inside


def _free_modules(model: IModel, architecture: Architecture) -> tuple[str, ...]:
    """The names of the modules that may differ from those that the weights were made for."""
    convolutions = (name for name, each in model.network.named_modules() if isinstance(each, nn.Conv2d))
    first = next(convolutions, None)
    return (*heads(model), *architecture.fresh, *(() if first is None else (first,)))


def _is_within(key: str, modules: Sequence[str]) -> bool:
    return any(key.startswith(f"{module}.") for module in modules)


def _renamed(state: State, own: State, source: str) -> dict[str, Tensor]:
    """The state under the network's own names, where prefixes stand before them."""
    renamed: dict[str, Tensor] = {}
    for key, tensor in state.items():
        name = _bare(key, own)
        if name in renamed:
            raise ModelError(f"the weights {source} hold {name} twice, once as {key}. Keep one of them.")
        renamed[name] = tensor
    return renamed


def _bare(key: str, own: State) -> str:
    name = key
    while name not in own:
        prefix = next((each for each in PREFIXES if name.startswith(each)), None)
        if prefix is None:
            return name
        name = name.removeprefix(prefix)
    return name


def _difference(key: str, own: State, given: State) -> str:
    if key not in given:
        return f"missing {key}"
    return f"{key} has the shape {tuple(given[key].shape)}, not {tuple(own[key].shape)}"


def _refuse(faults: Sequence[str], source: str, name: str) -> None:
    if faults:
        more = [f"... and {len(faults) - LONGEST} more"] if len(faults) > LONGEST else []
        raise ModelError("\n  ".join([f"the weights {source} do not fit {name}:", *faults[:LONGEST], *more]))


def _unwrapped(content: Any, path: Path) -> State:
    """The tensors of what a file holds, out of the containers that trainings save them in."""
    while isinstance(content, Mapping):
        tensors = {str(key): each for key, each in content.items() if isinstance(each, Tensor)}
        inner = next((content[key] for key in CONTAINERS if isinstance(content.get(key), Mapping)), None)
        if inner is None and tensors:
            return tensors
        if inner is None:
            break
        content = inner
    held = f"a {type(content).__name__}"
    if isinstance(content, Mapping):
        held += f" with the keys {', '.join(map(str, list(content)[:8])) or 'none'}"
    raise ModelError(
        f"the weights {path} should be a state dict, or have one in {', '.join(CONTAINERS)}; they are {held}."
    )
