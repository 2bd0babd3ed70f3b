"""MNIST and a dataset in its format: arrays of bytes with a big-endian header, compressed or not."""

from __future__ import annotations

import gzip
import math
import zlib
from abc import ABC
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from Arch import files
from Arch.datasets import DATASETS
from Arch.datasets.access import damaged
from Arch.datasets.dataset import Images, SplitName
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.digest import Pixels
from Arch.datasets.sources.folder_dataset import FolderDataset, decoded_arrays
from Arch.errors import DataError

_GROWTH, _ALLOWANCE = 100, 1 << 26  # limit of what a compressed file unpacks to: 100 times its size plus 64 MiB
_PREFIX: dict[SplitName, str] = {"train": "train", "test": "t10k"}


class _IDX(FolderDataset, ABC):
    """Base class: 28x28 grey images and their labels, in two IDX files for each split.

    Class attributes:
        classes: the names of the classes in label order.
    """

    classes: ClassVar[tuple[str, ...]]

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads the images in a folder with these files, or in its `raw`; see `FolderDataset.read_in`."""
        paths = [_found(folder, f"{_PREFIX[split]}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1")]

        def decode(target: Path) -> None:
            pixels, labels = read_idx(paths[0], 3), read_idx(paths[1], 1)
            if len(pixels) != len(labels) or labels.max(initial=0) >= len(self.classes):
                raise DataError(f"{paths[1]} does not hold a label below {len(self.classes)} for each image.", folder)
            with ImageWriter(target, (*pixels.shape, 1), self.classes) as writer:
                writer.add(pixels)
                writer.finish(labels)

        return decoded_arrays(root, self.name, split, paths, decode)


@DATASETS.register("MNIST")
@dataclass(frozen=True)
class MNIST(_IDX):
    """70,000 handwritten digits, 10 classes, 28x28 grey: 60,000 train, 10,000 test; downloaded (12 MB)."""

    classes = tuple("0123456789")


@DATASETS.register("FashionMNIST")
@dataclass(frozen=True)
class FashionMNIST(_IDX):
    """70,000 pictures of clothes, 10 classes, 28x28 grey: 60,000 train, 10,000 test; downloaded (31 MB)."""

    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


def read_idx(path: Path, dimensions: int) -> Pixels:
    """Reads an array of bytes from an IDX file.

    The header is 0, 0, 8 (for bytes) and the number of dimensions, then the length of each, 32 bits, big-endian.

    Raises:
        DataError: the file is unreadable, or no IDX file of bytes with this number of dimensions.
    """
    try:
        with files.open_file(path) as stored, gzip.open(stored) if path.suffix == ".gz" else stored as file:
            most = _GROWTH * path.stat().st_size + _ALLOWANCE
            content = file.read(most + 1)
    except (OSError, EOFError, zlib.error, MemoryError) as error:
        raise damaged(path, f"cannot read {path}: {str(error) or 'it is too large'}") from error
    if len(content) > most:
        raise damaged(path, f"{path} unpacks to far more than its size")
    start = 4 + 4 * dimensions
    is_headed = len(content) >= start and content[:4] == bytes((0, 0, 8, dimensions))
    shape = tuple(np.frombuffer(content[4:start], dtype=">u4").tolist()) if is_headed else ()
    if not is_headed or 0 in shape or len(content) != start + math.prod(shape):
        raise damaged(path, f"{path} is not an IDX file of bytes in {dimensions} dimensions")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _found(folder: Path, name: str) -> Path:
    paths = [below / f"{name}{suffix}" for below in (folder, folder / "raw") for suffix in (".gz", "")]
    return next((path for path in paths if path.exists()), paths[0])
