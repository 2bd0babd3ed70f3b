"""Reads a state dict from a weight file, without running code from the file."""

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
# exceptions of torch and safetensors for a file that is damaged or of another format
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
    """Reads the state dict in a `.safetensors` file, or in a `.pth` or similar file without unpickling Python objects.

    Raises:
        ModelError: the file cannot be read, or contains no state dict.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the reader cannot change how the file was written
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"the weights {path} cannot be read: {error.strerror or error}.") from error
    except pickle.UnpicklingError as error:  # torch's message advises to run the code
        raise ModelError(
            f"the weights {path} cannot be read as tensors alone: the file is damaged, not a weight file, or holds "
            "Python objects, which are not loaded because that runs code. Copy or download it again, or save the "
            "network's state_dict()."
        ) from error
    except UNREADABLE as error:
        line = str(error).partition("\n")[0] or "unexpected end of file"
        raise ModelError(
            f"the weights {path} cannot be read ({type(error).__name__}: {line}): the file is damaged, truncated "
            "or not a weight file. Copy or download it again, or save the network's state_dict()."
        ) from error
    return _unwrapped(content, path)


def _unwrapped(content: Any, path: Path) -> State:
    """Returns the state dict inside the dicts in which training programs commonly save it."""
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
        f"the weights {path} must be a state dict, or contain one under {', '.join(CONTAINERS)}; the file holds {held}."
    )
