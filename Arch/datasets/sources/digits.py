"""Handwritten digits of scikit-learn: real images without a download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images, SplitName

CLASSES = tuple("0123456789")
TEST_EVERY = 5


@DATASETS.register("Digits")
@dataclass(frozen=True)
class Digits(ImageDataset):
    """1,797 handwritten digits, 10 classes, 8x8 grey; comes with scikit-learn.

    There is no standard split. In this project every fifth digit of each class, in the order of scikit-learn, is a test
    sample: 1,442 train, 355 test. A grey value v in 0..16 becomes `round(255 v / 16)`.

    Source: Alpaydin & Kaynak, Optical Recognition of Handwritten Digits, UCI 1998 (its test part).
    """

    def read(self, root: Path, split: SplitName) -> Images:  # noqa: ARG002  # the data are part of scikit-learn
        """Reads the images of a split; see `ImageDataset.read`."""
        from sklearn.datasets import load_digits  # takes a second to import, which most datasets do not need

        digits = load_digits()
        is_test = _rank_in_class(digits.target) % TEST_EVERY == TEST_EVERY - 1
        chosen = np.flatnonzero(is_test == (split == "test"))
        grey = (digits.images[chosen].astype(np.int64) * 510 + 16) // 32
        pixels = torch.from_numpy(grey.astype(np.uint8)).unsqueeze(1)
        return Images.of(pixels, torch.from_numpy(digits.target[chosen].astype(np.int64)), CLASSES)


def _rank_in_class(labels: np.ndarray) -> np.ndarray:
    """Returns for each sample the number of earlier samples of its class."""
    ranks = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        ranks[members] = np.arange(len(members))
    return ranks
