"""A dataset as it is used: samples to train, validate and test on, with their constants of normalisation."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.normalization import Normalization
from Arch.datasets.rows import take


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
