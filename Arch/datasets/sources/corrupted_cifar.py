"""CIFAR-10-C and CIFAR-100-C (Hendrycks & Dietterich, ICLR 2019): test images with corruptions of five severities."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.decoding.array_files import Array, mapped
from Arch.datasets.sources.cifar import CIFAR10, CIFAR100F
from Arch.datasets.sources.folder_dataset import FolderDataset
from Arch.errors import DataError

CORRUPTIONS = (
    "brightness", "contrast", "defocus_blur", "elastic_transform", "fog", "frost", "gaussian_blur", "gaussian_noise",
    "glass_blur", "impulse_noise", "jpeg_compression", "motion_blur", "pixelate", "saturate", "shot_noise", "snow",
    "spatter", "speckle_noise", "zoom_blur",
)  # fmt: skip
SEVERITIES = 5


@dataclass(frozen=True)
class _CorruptedCIFAR(FolderDataset):
    """Clean training images, and the corrupted test images of `<corruption>.npy` with `labels.npy`.

    A file has the test images five times, uint8 `(5 * N, 32, 32, 3)`, in the order of the severities; the labels
    `(5 * N,)` are repeated in the same way.

    Attributes:
        corruption: one of `CORRUPTIONS`.
        severity: 1 to 5.
    """

    corruption: str
    severity: int

    @property
    @abstractmethod
    def clean(self) -> ImageDataset:
        """The dataset without corruptions."""

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the clean training images, or the corrupted test images; see `ImageDataset.read`."""
        return self.clean.read(root, split) if split == "train" else super().read(root, split)

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads a split as `read` does, the corrupted images from `folder`, the clean ones from `root`."""
        train = self.clean.read(root, "train")
        if split == "train":
            return train
        pixels, labels = self._part(folder / f"{self.corruption}.npy"), self._part(folder / "labels.npy")
        if pixels.ndim != 4 or pixels.dtype != np.uint8 or labels.shape != pixels.shape[:1]:
            raise DataError(
                f"{folder / self.corruption}.npy and labels.npy hold {pixels.dtype} {pixels.shape} and {labels.shape} "
                f"for each severity; expected uint8 (N, H, W, C) and (N,). Replace these files by undamaged copies.",
                folder,
            )
        if labels.min() < 0 or labels.max() >= len(train.classes):
            raise DataError(
                f"{folder / 'labels.npy'} has labels from {labels.min()} to {labels.max()}, but there are "
                f"{len(train.classes)} classes: the labels belong to another dataset.",
                folder,
            )
        as_images = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2)
        return Images.of(as_images, torch.from_numpy(labels.astype(np.int64)), train.classes)

    def _part(self, path: Path) -> Array:
        """Returns the rows of the severity in the file of all severities, memory-mapped."""
        rows = mapped(path)
        if rows.ndim < 1 or len(rows) % SEVERITIES or not len(rows):
            raise DataError(
                f"{path} has shape {rows.shape}; expected the same number of rows for each of 5 severities.", path
            )
        count = len(rows) // SEVERITIES
        return rows[(self.severity - 1) * count : self.severity * count]


@DATASETS.register("CIFAR10-C")
@dataclass(frozen=True)
class CorruptedCIFAR10(_CorruptedCIFAR):
    """CIFAR-10 whose 10,000 test images are corrupted in one of 19 ways and 5 severities; downloaded (3.1 GB)."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return "CIFAR10-C"

    @property
    def clean(self) -> ImageDataset:
        """CIFAR-10."""
        return CIFAR10()


@DATASETS.register("CIFAR100-C")
@dataclass(frozen=True)
class CorruptedCIFAR100(_CorruptedCIFAR):
    """CIFAR-100 (fine) whose test images are corrupted in one of 19 ways and 5 severities; downloaded (3.1 GB)."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return "CIFAR100-C"

    @property
    def clean(self) -> ImageDataset:
        """CIFAR-100 with its fine classes."""
        return CIFAR100F()
