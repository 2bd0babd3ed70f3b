"""Loads a dataset for training: chooses samples, holds out the validation set, computes normalisation constants."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from Arch.datasets.acceptance import check_agreement, check_finite, check_labels, check_size
from Arch.datasets.constants import cached_constants
from Arch.datasets.data import ImageData, Split
from Arch.datasets.dataset import SPLITS, ImageDataset, Images, SplitName
from Arch.datasets.digest import combined
from Arch.datasets.rows import take
from Arch.datasets.subsets import balanced_subset, held_out
from Arch.errors import DataError
from Arch.machine.memory import fits_memory


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
    """Reads a dataset and chooses samples; equal arguments and files give equal data, independently of the seed.

    Args:
        dataset: the dataset to read.
        root: the data folder.
        data_path: the path of the dataset, for datasets that take one; empty for its folder in `root`.
        down_sample: side in pixels to shrink images to, -1 to keep their size.
        normalization: `MeanVar`, `Elementwise` or `None`.
        train_samples: number of training samples, balanced over the classes, -1 for all.
        validation: fraction of the training samples that is held out.

    Raises:
        DataError: the data are missing, unreadable or inconsistent, or have too few samples.
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
        normalization=cached_constants(train, normalization, root),
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
