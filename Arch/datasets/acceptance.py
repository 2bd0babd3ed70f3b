"""Checks the splits of a dataset before training."""

from __future__ import annotations

from itertools import zip_longest

import torch
from torch import Tensor

from Arch.datasets.dataset import Images
from Arch.errors import DataError

_CHUNK = 256  # samples checked at once


def check_size(down_sample: int) -> None:
    """Checks that `DownSample` is a size.

    Raises:
        DataError: it is neither -1 nor at least 1.
    """
    if down_sample != -1 and down_sample < 1:
        raise DataError(f"DownSample is {down_sample}; expected a size in pixels, or -1 to leave the size alone.")


def check_agreement(name: str, train: Images, test: Images) -> None:
    """Checks that the two splits have the same classes, image shape and type.

    Raises:
        DataError: a class is missing in one split or numbered differently there, or the images differ in shape or type.
    """
    for one, other, other_name in ((train, test, "test"), (test, train, "train")):
        missing = [each for each in one.classes if each not in set(other.classes)]
        if missing:
            raise DataError(
                f"the {other_name} split of {name} lacks {_some(missing)}, which its "
                f"{'train' if one is train else 'test'} split has: both splits need images of the same classes."
            )
    if train.classes != test.classes:
        pairs = enumerate(zip_longest(train.classes, test.classes))
        number, (trained, tested) = next((number, pair) for number, pair in pairs if len(set(pair)) > 1)
        raise DataError(
            f"class {number} of {name} is {trained!r} in the train split and {tested!r} in the test split: number the "
            "classes of both splits alike."
        )
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        raise DataError(
            f"the images of {name} are {_size(train)} in the train split and {_size(test)} in the test split. "
            "Convert both to the same shape, or set DownSample where only the sizes differ."
        )
    if train.pixels.dtype != test.pixels.dtype:
        raise DataError(
            f"the train split of {name} holds {_type(train)} numbers and its test split {_type(test)}: convert both to "
            "the same type."
        )


def check_labels(name: str, split: str, images: Images) -> None:
    """Checks that a split has samples and that each label is the index of a class.

    Raises:
        DataError: there are no samples, or a label is out of range.
    """
    if not len(images):
        raise DataError(f"the {split} split of {name} holds no samples: each split needs at least one.")
    least, most = (int(each) for each in images.labels.aminmax())
    if least < 0 or most >= len(images.classes):
        raise DataError(
            f"the labels in the {split} split of {name} go from {least} to {most}: expected indices into its "
            f"{len(images.classes)} classes, from 0 on."
        )


def check_finite(name: str, split: str, pixels: Tensor) -> None:
    """Checks that float32 `pixels` `(N, C, H, W)` are all finite.

    Raises:
        DataError: a value is infinite or NaN.
    """
    if pixels.dtype == torch.uint8:
        return
    wrong = sum(int((~torch.isfinite(chunk)).sum()) for chunk in torch.split(pixels, _CHUNK))
    if wrong:
        raise DataError(
            f"{wrong} of the {pixels.numel()} values in the {split} split of {name} are infinite or not a number: "
            "repair or remove their samples."
        )


def _some(classes: list[str]) -> str:
    more = f" and {len(classes) - 3} more" if len(classes) > 3 else ""
    return ("classes " if len(classes) > 1 else "class ") + ", ".join(map(repr, classes[:3])) + more


def _size(images: Images) -> str:
    _, channels, height, width = images.pixels.shape
    return f"{channels}x{height}x{width} (channels x height x width)"


def _type(images: Images) -> str:
    return str(images.pixels.dtype).removeprefix("torch.")
