"""A loaded dataset: its training, validation and test samples and their normalisation constants."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.normalization import Normalization
from Arch.datasets.rows import take


@dataclass(frozen=True, eq=False)
class Split:
    """The samples of the training, validation or test set.

    Attributes:
        pixels: uint8 or float32 `(M, C, H, W)` in memory in the order M, H, W, C; memory-mapped if all
            samples of a decoded split are used, otherwise a copy of the chosen rows.
        labels: int64 `(N,)`.
        sample_ids: int64 `(N,)`, each sample's index in the dataset's own split, ascending.
        rows: int64 `(N,)`, the row of each sample in `pixels`; None if M is N and the rows are in order. It is set only
            where the chosen samples are too large to be copied.
    """

    pixels: Tensor
    labels: Tensor
    sample_ids: Tensor
    rows: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: Tensor) -> Tensor:
        """Returns the pixels `(B, C, H, W)` of the samples `chosen` `(B,)`, on the device of the split."""
        return take(self.pixels, chosen if self.rows is None else self.rows[chosen])

    def to(self, device: torch.device) -> Split:
        """Returns the same samples on a device."""
        rows = None if self.rows is None else self.rows.to(device)
        return Split(self.pixels.to(device), self.labels.to(device), self.sample_ids.to(device), rows)


@dataclass(frozen=True, eq=False)
class ImageData:
    """A dataset as an experiment uses it: samples chosen and split, constants computed.

    Attributes:
        name: for messages.
        train: training samples that are not held out.
        validation: training samples that are held out, or None.
        test: all test samples.
        classes: the names of the classes.
        normalization: constants of the whole training split at this image size, before samples are chosen.
        digest: SHA-256 of both splits after down-sampling and before samples are chosen.
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
        """The shape (C, H, W) of an image."""
        _, channels, height, width = self.train.pixels.shape
        return channels, height, width
