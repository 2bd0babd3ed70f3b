"""From a dataset's name to what a trainer trains on: subsets, validation split, constants of normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from Arch.datasets.augmentation import take
from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.digest import combined
from Arch.datasets.normalization import Normalization, constants_of
from Arch.datasets.subsets import balanced_subset, held_out
from Arch.errors import DataError


@dataclass(frozen=True, eq=False)
class Split:
    """Samples to train on, validate on or test on.

    Attributes:
        pixels: uint8 `(N, C, H, W)` in memory in the order N, H, W, C; mapped from a file when they are the whole of
            a decoded split, a copy of the chosen rows otherwise.
        labels: int64 `(N,)`.
        sample_ids: int64 `(N,)`, each sample's index in the dataset's own split, ascending.
    """

    pixels: Tensor
    labels: Tensor
    sample_ids: Tensor

    def __len__(self) -> int:
        return len(self.labels)


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
    _check_size(down_sample)
    source = dataset.located(data_path)
    train = _read(source, root, "train", down_sample)
    test = _read(source, root, "test", down_sample)
    _check_agreement(dataset.name if source is dataset else f"{dataset.name} ({data_path})", train, test)
    chosen = balanced_subset(train.labels, train_samples, train.classes)
    kept, out = held_out(train.labels, chosen, validation, train.classes)
    return ImageData(
        name=dataset.name,
        train=_choose(train, kept),
        validation=_choose(train, out) if len(out) else None,
        test=_choose(test, torch.arange(len(test))),
        classes=train.classes,
        normalization=constants_of(train.pixels, normalization),
        digest=combined(train.digest, test.digest),
    )


def _check_size(down_sample: int) -> None:
    if down_sample != -1 and down_sample < 1:
        raise DataError(f"DownSample is {down_sample}; expected a size in pixels, or -1 to leave the size alone.")


def _read(dataset: ImageDataset, root: Path, split: SplitName, down_sample: int) -> Images:
    if down_sample == -1:
        return dataset.read(root, split)
    return dataset.read_downsampled(root, split, down_sample)


def _check_agreement(name: str, train: Images, test: Images) -> None:
    for here, there, other in (("train", "test", set(test.classes)), ("test", "train", set(train.classes))):
        missing = [each for each in (train if here == "train" else test).classes if each not in other]
        if missing:
            raise DataError(
                f"the {there} split of {name} lacks {_some(missing)}, which its {here} split has: both splits need "
                "images of the same classes."
            )
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        raise DataError(
            f"the images of {name} are {_size(train)} in the train split and {_size(test)} in the test split. "
            "Convert them alike, or set DownSample where only the sizes differ."
        )


def _some(classes: list[str]) -> str:
    more = f" and {len(classes) - 3} more" if len(classes) > 3 else ""
    return ("classes " if len(classes) > 1 else "class ") + ", ".join(map(repr, classes[:3])) + more


def _size(images: Images) -> str:
    _, channels, height, width = images.pixels.shape
    return f"{channels}x{height}x{width} (channels x height x width)"


def _choose(images: Images, sample_ids: Tensor) -> Split:
    if len(sample_ids) == len(images):
        return Split(images.pixels, images.labels, sample_ids)
    return Split(take(images.pixels, sample_ids), images.labels[sample_ids], sample_ids)
