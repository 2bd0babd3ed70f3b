"""What a dataset's splits have to be before anybody trains on them."""

from __future__ import annotations

from itertools import zip_longest

import torch
from torch import Tensor

from Arch.datasets.dataset import Images
from Arch.errors import DataError

_CHUNK = 256  # samples looked at together


def check_size(down_sample: int) -> None:
    """Refuses a `DownSample` that is no size.

    Raises:
        DataError: it is neither -1 nor at least 1.
    """
    if down_sample != -1 and down_sample < 1:
        raise DataError(f"DownSample is {down_sample}; expected a size in pixels, or -1 to leave the size alone.")


def check_agreement(name: str, train: Images, test: Images) -> None:
    """Refuses two splits that do not belong together.

    Raises:
        DataError: a class is missing on one side or has another number there, or their images differ in shape or type.
    """
    for here, there, other in (("train", "test", set(test.classes)), ("test", "train", set(train.classes))):
        missing = [each for each in (train if here == "train" else test).classes if each not in other]
        if missing:
            raise DataError(
                f"the {there} split of {name} lacks {_some(missing)}, which its {here} split has: both splits need "
                "images of the same classes."
            )
    if train.classes != test.classes:
        pairs = enumerate(zip_longest(train.classes, test.classes))
        number, (here, there) = next((number, pair) for number, pair in pairs if len(set(pair)) > 1)
        raise DataError(
            f"class {number} of {name} is {here!r} in the train split and {there!r} in the test split: number them "
            "alike."
        )
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        raise DataError(
            f"the images of {name} are {_size(train)} in the train split and {_size(test)} in the test split. "
            "Convert them alike, or set DownSample where only the sizes differ."
        )
    if train.pixels.dtype != test.pixels.dtype:
        raise DataError(
            f"the train split of {name} holds {_type(train)} numbers and its test split {_type(test)}: convert them "
            "alike."
        )


def check_labels(name: str, split: str, images: Images) -> None:
    """Refuses a split without samples, and labels that are of no class.

    Raises:
        DataError: it has none, or some are.
    """
    if not len(images):
        raise DataError(f"the {split} split of {name} holds no samples: each split needs some.")
    least, most = (int(each) for each in images.labels.aminmax())
    if least < 0 or most >= len(images.classes):
        raise DataError(
            f"the labels in the {split} split of {name} go from {least} to {most}: expected indices into its "
            f"{len(images.classes)} classes, from 0 on."
        )


def check_finite(name: str, split: str, pixels: Tensor) -> None:
    """Refuses float32 `pixels` `(N, C, H, W)` that are not all numbers.

    Raises:
        DataError: some are infinite or not a number.
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
