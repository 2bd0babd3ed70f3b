"""Reads a state dict from a weight file, without running code from the file."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from Arch.errors import ModelError
from Arch.tensor_files import ImplausibleTensorsError, plain_tensors, read_torch, regular_size

State = Mapping[str, Tensor]
CONTAINERS = ("state_dict", "model_state_dict", "model", "net", "network")
_DEPTH = 8  # containers around a state dict; a dict that contains itself has no innermost one
_SHOWN, _WIDTH = 8, 60  # keys that a message lists, and characters of each


def read_weights(path: Path) -> State:
    """Reads the state dict in a `.safetensors` file, or in a `.pth` or similar file without unpickling Python objects.

    Raises:
        ModelError: the file cannot be read, contains no state dict, or holds more than its size justifies.
    """
    try:
        return _unwrapped(_content(path), path)
    except ImplausibleTensorsError as error:
        raise ModelError(f"the weights {path} are refused: {error}.") from error


def _content(path: Path) -> Any:
    try:
        if path.suffix == ".safetensors":
            regular_size(path)
            return load_file(path)
        return read_torch(path)
    except ImplausibleTensorsError:
        raise
    except OSError as error:
        raise ModelError(f"the weights {path} cannot be read: {error.strerror or error}.") from error
    except pickle.UnpicklingError as error:  # torch's message advises to run the code
        raise ModelError(
            f"the weights {path} cannot be read as tensors alone: the file is damaged, not a weight file, or holds "
            "Python objects, which are not loaded because that runs code. Copy or download it again, or save the "
            "network's state_dict()."
        ) from error
    except Exception as error:  # the bytes of the file steer the reader, which may raise anything
        line = str(error).partition("\n")[0] or (
            "too large" if isinstance(error, MemoryError) else "unexpected end of file"
        )
        raise ModelError(
            f"the weights {path} cannot be read ({type(error).__name__}: {line}): the file is damaged, truncated "
            "or not a weight file. Copy or download it again, or save the network's state_dict()."
        ) from error


def _unwrapped(content: Any, path: Path) -> State:
    """Returns the state dict inside the dicts in which training programs commonly save it."""
    for _ in range(_DEPTH):
        if not isinstance(content, Mapping):
            break
        inner = next((content[key] for key in CONTAINERS if isinstance(content.get(key), Mapping)), None)
        if inner is None:
            if tensors := plain_tensors(content, path):
                return tensors
            break
        content = inner
    else:
        raise ModelError(
            f"the weights {path} hold their state dict in more than {_DEPTH} dicts, or in itself: save the network's "
            "state_dict()."
        )
    raise ModelError(
        f"the weights {path} must be a state dict, or contain one under {', '.join(CONTAINERS)}; the file holds "
        f"{_described(content)}."
    )


def _described(content: object) -> str:
    held = f"a {type(content).__name__}"
    if not isinstance(content, Mapping):
        return held
    keys = (key[:_WIDTH] if isinstance(key, str) else f"a {type(key).__name__}" for key in content)
    return f"{held} with the keys {', '.join(itertools.islice(keys, _SHOWN)) or 'none'}"
