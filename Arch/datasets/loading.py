"""From a dataset's name to what a trainer trains on: subsets, validation split, constants of normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from Arch.datasets.acceptance import check_agreement, check_finite, check_labels, check_size
from Arch.datasets.augmentation.views import take
from Arch.datasets.constants import kept_constants
from Arch.datasets.dataset import SPLITS, ImageDataset, Images, SplitName
from Arch.datasets.digest import combined
from Arch.datasets.normalization import Normalization
from Arch.datasets.subsets import balanced_subset, held_out
from Arch.errors import DataError
from Arch.machine.memory import fits_memory


@dataclass(frozen=True, eq=False)
class Split:
    """Samples to train on, validate on or test on.

    Attributes:
        pixels: uint8 or float32 `(M, C, H, W)` in memory in the order M, H, W, C; mapped from a file when they are
            the whole of a decoded split, a copy of the chosen rows otherwise.
        labels: int64 `(N,)`.
        sample_ids: int64 `(N,)`, each sample's index in the dataset's own split, ascending.
        rows: int64 `(N,)`, where each sample lies in `pixels`, or None: M is N and they lie in order. Only what is
            chosen from data too large to be copied has rows.
    """

    pixels: Tensor
    labels: Tensor
    sample_ids: Tensor
    rows: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: Tensor) -> Tensor:
        """The pixels `(B, C, H, W)` of the samples `chosen` `(B,)`, on the device of all of them."""
        return take(self.pixels, chosen if self.rows is None else self.rows[chosen])

    def to(self, device: torch.device) -> Split:
        """The same samples on a device."""
        rows = None if self.rows is None else self.rows.to(device)
        return Split(self.pixels.to(device), self.labels.to(device), self.sample_ids.to(device), rows)


@dataclass(frozen=True, eq=False)
class ImageData:
    """A dataset as an experiment uses it.

    Attributes:
        name: what messages call it.
        train: what to train on.
        validation: held out of the training samples, or None.
        test: all test samples.
        classes: the names of the classes.
        normalization: constants of the whole training split at this size, whatever was chosen of it.
        digest: SHA-256 of both splits, as they are after down-sampling and before samples are chosen.
    """

    name: str
    train: Split
    validation: Split | None
    test: Split
    classes: tuple[str, ...]
    normalization: Normalization
    digest: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of an image."""
        _, channels, height, width = self.train.pixels.shape
        return channels, height, width


def load(
    dataset: ImageDataset,
    root: Path,
    *,
    data_path: str | Path = "",
    down_sample: int = -1,
    normalization: str = "MeanVar",
    train_samples: int = -1,
    validation: float = 0.0,
) -> ImageData:
    """Reads a dataset and chooses from it; equal arguments and files give equal data, whatever the seed.

    Args:
        dataset: which.
        root: the folder of data.
        data_path: where it lies, for datasets that can lie anywhere.
        down_sample: side to shrink images to, -1 for none.
        normalization: `MeanVar`, `Elementwise` or `None`.
        train_samples: how many training samples, balanced over the classes, -1 for all.
        validation: fraction of these that is held out.

    Raises:
        DataError: the data are missing, unreadable, inconsistent, or too few for what is asked.
    """
    train, test = _splits(dataset, root, data_path, down_sample)
    chosen = balanced_subset(train.labels, train_samples, train.classes)
    kept, out = held_out(train.labels, chosen, validation, train.classes)
    return ImageData(
        name=dataset.name,
        train=_choose(train, kept),
        validation=_choose(train, out) if len(out) else None,
        test=_choose(test, torch.arange(len(test))),
        classes=train.classes,
        normalization=kept_constants(train, normalization, root),
        digest=combined(train.digest, test.digest),
    )


def _splits(dataset: ImageDataset, root: Path, data_path: str | Path, down_sample: int) -> tuple[Images, Images]:
    check_size(down_sample)
    if dataset.obstacle:
        raise DataError(f"{dataset.name} {dataset.obstacle}.")
    source = dataset.located(data_path)
    train, test = (_read(source, root, split, down_sample) for split in SPLITS)
    name = dataset.name if source is dataset else f"{dataset.name} ({data_path})"
    check_agreement(name, train, test)
    for split, images in zip(SPLITS, (train, test), strict=True):
        check_labels(name, split, images)
        check_finite(name, split, images.pixels)
    return train, test


def _read(dataset: ImageDataset, root: Path, split: SplitName, down_sample: int) -> Images:
    if down_sample == -1:
        return dataset.read(root, split)
    return dataset.read_downsampled(root, split, down_sample)


def _choose(images: Images, sample_ids: Tensor) -> Split:
    if len(sample_ids) == len(images):
        return Split(images.pixels, images.labels, sample_ids)
    labels = images.labels[sample_ids]
    if fits_memory(len(sample_ids) * images.pixels[:1].nbytes):
        return Split(take(images.pixels, sample_ids), labels, sample_ids)
    return Split(images.pixels, labels, sample_ids, rows=sample_ids)
