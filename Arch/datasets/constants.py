"""Caches the normalisation constants of large datasets, because computing them may read hundreds of gigabytes.

    <root>/decoded/constants/<digest>-<kind>-<version>     SHA-256 of the rest, means, standard deviations (float32)

A damaged file is computed and written again. The folder can be deleted at any time.
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
from Arch.errors import CorruptEntryError, DiskError

_LARGE_BYTES = 1 << 28  # smaller data are read in less than a second, so that a cache gains nothing
_VERSION = 1  # increase it when the computation gives other constants for the same pixels
_DIGEST_BYTES = 32
_MOST_BYTES = 1 << 30


def cached_constants(images: Images, kind: str, root: Path) -> Normalization:
    """Returns `constants_of` a set of images, cached in the data folder `root` if the set is large.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind == "None" or images.pixels.nbytes < _LARGE_BYTES:
        return constants_of(images.pixels, kind)
    path = root / "decoded" / "constants" / f"{images.digest}-{kind}-{_VERSION}"
    cached = _read(path)
    if cached is not None:
        shape = (2, images.pixels.shape[1], *(images.pixels.shape[2:] if kind == "Elementwise" else (1, 1)))
        mean, std = cached.view(shape)
        return Normalization(mean, std, unit_of(images.pixels))
    constants = constants_of(images.pixels, kind)
    _write(path, torch.stack([constants.mean, constants.std]))
    return constants


def _read(path: Path) -> Tensor | None:
    """Returns the numbers of an undamaged file; None if there is no such file."""
    try:
        content = files.read_bytes(path, _MOST_BYTES)
    except (FileNotFoundError, DiskError, CorruptEntryError):
        return None
    digest, numbers = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(numbers).digest() != digest:
        return None
    return torch.from_numpy(np.frombuffer(numbers, dtype="<f4").astype(np.float32))


def _write(path: Path, numbers: Tensor) -> None:
    content = numbers.contiguous().numpy().astype("<f4").tobytes()
    with suppress(DiskError):  # a read-only data folder: the constants are computed at each start
        files.make_folder(path.parent)
        files.write_atomically(path, hashlib.sha256(content).digest() + content)
