"""Reads files that `torch.save` wrote, within bounds and without running code from them."""

from __future__ import annotations

import stat
import tarfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from Arch.errors import ArchError
from Arch.machine.memory import memory_bytes
from Arch.units import size_text

_GROWTH, _ALLOWANCE = 100, 1 << 26  # limit of what a file holds: 100 times its size plus 64 MiB
_MOST_ENTRIES = 100_000  # of a mapping; networks have thousands of tensors
_LONGEST_NAME = 1000  # characters


class ImplausibleTensorsError(ArchError):
    """A file of tensors is not read because of what it claims to hold; the message is the reason."""


def read_torch(path: Path) -> Any:
    """Reads what `torch.save` wrote into a file, with tensors on the CPU.

    A damaged file may raise any exception, because its bytes steer torch's reader.

    Raises:
        ImplausibleTensorsError: it is not a regular file, or a tar archive, or takes more memory than there is or its
            size justifies.
        OSError: the file cannot be read.
    """
    size = regular_size(path)
    _require_fit(_unpacked_size(path), size)
    if _is_tar(path):  # torch's reader of its oldest format would make a temporary folder for it
        raise ImplausibleTensorsError("it is a tar archive, not a weight file: unpack it and name the file inside")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader cannot change how the file was written
        return torch.load(path, map_location="cpu", weights_only=True)


def regular_size(path: Path) -> int:
    """Returns the size of a file in bytes.

    Raises:
        ImplausibleTensorsError: it is a pipe, a device or the like, which could be read without end.
        OSError: there is no such file, or it is a folder.
    """
    found = path.stat()
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise ImplausibleTensorsError("it is a pipe or a device, not a file")
    return found.st_size


def plain_tensors(content: Mapping[Any, Any], path: Path) -> dict[str, Tensor]:
    """Returns the tensors of a mapping by name; other values are left out.

    Args:
        content: what was read from a file.
        path: the file, whose size bounds what its tensors may take.

    Raises:
        ImplausibleTensorsError: there are too many entries; or a tensor has no name, is not dense, or repeats its
            numbers so often that a copy of it would take far more memory than the file.
    """
    if len(content) > _MOST_ENTRIES:
        raise ImplausibleTensorsError(f"it holds {len(content):,} entries, where at most {_MOST_ENTRIES:,} are read")
    tensors = {key: each for key, each in content.items() if isinstance(each, Tensor)}
    for key, tensor in tensors.items():
        _require_name(key)
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta or tensor.is_nested:
            raise ImplausibleTensorsError(
                f"its tensor {key} is sparse, quantised, nested or without numbers: save dense floating-point ones"
            )
    _require_fit(sum(each.numel() * each.element_size() for each in tensors.values()), path.stat().st_size)
    return tensors


def _require_name(key: object) -> None:
    if not isinstance(key, str):
        raise ImplausibleTensorsError(
            f"a tensor in it has the {type(key).__name__} for a name, where a text is expected"
        )
    if len(key) > _LONGEST_NAME:
        raise ImplausibleTensorsError(f"a tensor in it has a name of {len(key):,} characters")


def _unpacked_size(path: Path) -> int:
    """Returns how many bytes the members of a zip archive take, which torch reads as a whole; else the file's size."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, RuntimeError):
        return path.stat().st_size  # of torch's older format, or damaged, which torch's reader notices


def _is_tar(path: Path) -> bool:
    try:
        with tarfile.open(path, "r:"):
            return True
    except (tarfile.TarError, ValueError):
        return False


def _require_fit(needed: int, size: int) -> None:
    if needed > _GROWTH * size + _ALLOWANCE:
        raise ImplausibleTensorsError(
            f"it has {size_text(size)}, but what it holds would take {size_text(needed)}: do not trust it"
        )
    if needed > memory_bytes():
        raise ImplausibleTensorsError(
            f"what it holds takes {size_text(needed)}, more memory than the {size_text(memory_bytes())} of this machine"
        )
