"""300,000 random images without labels, used as out-of-distribution samples (outlier exposure)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from Arch.datasets import DATASETS
from Arch.datasets.dataset import Images, SplitName
from Arch.datasets.decoding.array_files import arrays_in
from Arch.datasets.decoding.samples import Samples
from Arch.datasets.sources.array_sources import RANDOM_IMAGES_FILE
from Arch.datasets.sources.folder_dataset import FolderDataset, decoded_arrays
from Arch.errors import DataError

CLASSES = ("outlier",)


@DATASETS.register("RandomImages300K")
@dataclass(frozen=True)
class RandomImages300K(FolderDataset):
    """300,000 images from the web, 32x32 RGB, for outlier exposure: one class, no test split; downloaded (920 MB).

    Source: Hendrycks, Mazeika & Dietterich, ICLR 2019 (arXiv 1812.04606), the debiased set of their repository.
    """

    obstacle: ClassVar[str] = (
        "has a single class and no test split: it provides out-of-distribution samples only, so choose another Dataset "
        "to train on"
    )

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads all images as the training split; see `FolderDataset.read_in`.

        Raises:
            DataError: the split is `test`, or the file is missing or of another format.
        """
        if split != "train":
            raise DataError(f"{self.name} {self.obstacle}.")
        path = folder / RANDOM_IMAGES_FILE
        return decoded_arrays(root, self.name, split, [path], lambda target: _copy(path, target))


def _copy(path: Path, target: Path) -> None:
    with arrays_in(path) as arrays:
        samples = Samples.of(arrays[""], "NHWC")
        if samples.axes != "NHWC" or samples.pixel_type != "uint8":
            raise DataError(
                f"{path} holds {samples.stored.dtype.name} values of shape {samples.stored.shape}; expected uint8 "
                "(N, H, W, C).",
                path,
            )
        samples.write(target, np.zeros(samples.shape[0], dtype=np.int64), CLASSES)
