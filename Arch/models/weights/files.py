"""Files of weights: from a path to a state dict, without running any code of the file."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from Arch.errors import ModelError

State = Mapping[str, Tensor]
CONTAINERS = ("state_dict", "model_state_dict", "model", "net", "network")
# what torch and safetensors raise for a file that is damaged or another library's
UNREADABLE = (
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
    except UNREADABLE as error:
        line = str(error).partition("\n")[0] or "it ends too early"
        raise ModelError(
            f"the weights {path} cannot be read ({type(error).__name__}: {line}): the file is damaged, not whole or "
            "none of weights. Get it again, or save the network's state_dict() anew."
        ) from error
    return _unwrapped(content, path)


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
