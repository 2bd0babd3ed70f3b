"""CIFAR-5m: six million images like those of CIFAR-10, from a generative model (Nakkiran et al., arXiv 2010.08127)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from Arch.datasets import DATASETS
from Arch.datasets.dataset import Images, SplitName
from Arch.datasets.decoding.array_files import StoredArray, arrays_in
from Arch.datasets.decoding.samples import labels_of
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.sources.array_sources import CIFAR5M_PARTS
from Arch.datasets.sources.cifar import CIFAR10
from Arch.datasets.sources.folder_dataset import FolderDataset, decoded_arrays
from Arch.errors import DataError


@DATASETS.register("CIFAR5M")
@dataclass(frozen=True)
class CIFAR5M(FolderDataset):
    """6 million generated images like CIFAR-10, with the 10,000 test images of CIFAR-10, 32x32 RGB; downloaded.

    Six files `part0.npz` to `part5.npz` have images `X`, uint8 `(n, 32, 32, 3)`, and labels `Y` `(n,)`. They are copied
    in parts into one memory-mapped file.
    """

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the generated images, or the test images of CIFAR-10; see `ImageDataset.read`."""
        return super().read(root, split) if split == "train" else CIFAR10().read(root, split)

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads a split as `read` does, the parts from `folder`, CIFAR-10 from its folder in `root`."""
        test = CIFAR10().read(root, "test")
        if split == "test":
            return test
        paths = [folder / name for name in CIFAR5M_PARTS]
        return decoded_arrays(root, self.name, split, paths, lambda target: _copy(paths, target, test.classes))


def _copy(paths: list[Path], target: Path, classes: tuple[str, ...]) -> None:
    with ExitStack() as opened:
        parts = [_images_and_labels(path, opened.enter_context(arrays_in(path))) for path in paths]
        labels = np.concatenate([labels_of(y, x.shape[0]) for x, y in parts])
        if labels.max() >= len(classes):
            raise DataError(
                f"{paths[0].parent} has labels up to {labels.max()}, but CIFAR-10 has {len(classes)} classes."
            )
        with ImageWriter(target, (len(labels), *_SIZE), classes) as writer:
            for images, _ in parts:
                for piece in images.parts():
                    writer.add(piece)
            writer.finish(labels)


_SIZE = (32, 32, 3)


def _images_and_labels(path: Path, arrays: Mapping[str, StoredArray]) -> tuple[StoredArray, StoredArray]:
    if not {"X", "Y"} <= arrays.keys():
        raise DataError(f"{path} has {', '.join(arrays) or 'no arrays'}; a part of CIFAR-5m has X and Y.", path)
    images, labels = arrays["X"], arrays["Y"]
    if images.shape[1:] != _SIZE or images.dtype != np.uint8:
        raise DataError(
            f"{images.title} holds {images.dtype.name} values of shape {images.shape}; expected uint8 (n, 32, 32, 3).",
            path,
        )
    return images, labels
