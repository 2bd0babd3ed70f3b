"""Constants of normalisation that are computed once, where that means reading hundreds of gigabytes.

    <root>/decoded/constants/<digest>-<kind>-<version>     SHA-256 of the rest, means, standard deviations (float32)

A damaged file is written anew. All of it can be deleted at any time.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from Arch import files
from Arch.datasets.dataset import Images
from Arch.datasets.normalization import Normalization, constants_of, unit_of
from Arch.errors import DiskError

_LARGE_BYTES = 1 << 28  # what is smaller is read in less than a second
_VERSION = 1  # raised when the same pixels get other constants
_DIGEST_BYTES = 32


def cached_constants(images: Images, kind: str, root: Path) -> Normalization:
    """The constants of a set of images (`constants_of`), kept below the folder of data `root` if the set is large.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind == "None" or images.pixels.nbytes < _LARGE_BYTES:
        return constants_of(images.pixels, kind)
    path = root / "decoded" / "constants" / f"{images.digest}-{kind}-{_VERSION}"
    kept = _read(path)
    if kept is not None:
        shape = (2, images.pixels.shape[1], *(images.pixels.shape[2:] if kind == "Elementwise" else (1, 1)))
        mean, std = kept.view(shape)
        return Normalization(mean, std, unit_of(images.pixels))
    constants = constants_of(images.pixels, kind)
    _write(path, torch.stack([constants.mean, constants.std]))
    return constants


def _read(path: Path) -> Tensor | None:
    """The numbers of a whole file; None where there is none."""
    try:
        content = files.read_bytes(path)
    except (FileNotFoundError, DiskError):
        return None
    digest, numbers = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(numbers).digest() != digest:
        return None
    return torch.from_numpy(np.frombuffer(numbers, dtype="<f4").astype(np.float32))


def _write(path: Path, numbers: Tensor) -> None:
    content = numbers.contiguous().numpy().astype("<f4").tobytes()
    with suppress(DiskError):  # of a folder that is only read from the constants are computed each time
        files.make_folder(path.parent)
        files.write_atomically(path, hashlib.sha256(content).digest() + content)
