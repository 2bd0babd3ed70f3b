"""Images made of numbers alone, for tests and first steps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.hashing import uniform_below
from Arch.errors import DataError

CELLS = 4  # a pattern is 4 cells high and, mirrored, 4 wide


@DATASETS.register("Synthetic")
@dataclass(frozen=True)
class Synthetic(ImageDataset):
    """A made-up dataset for tests: a pattern of cells for each class, under uniform noise.

    A pattern has 4x4 cells, is its own mirror image (a flip keeps the class) and takes values in 64..191; the noise
    in -64..64 is drawn for each pixel. The classes alternate; there is a quarter as many test as training samples,
    and at least one for each class. Nothing depends on a seed.

    Attributes:
        classes: how many classes.
        size: side in pixels.
        channels: of each image.
        samples: how many for training.
    """

    classes: int
    size: int
    channels: int
    samples: int

    def read(self, root: Path, split: SplitName) -> Images:  # noqa: ARG002  # nothing is kept in the folder of data
        """The images of a split; see `ImageDataset.read`."""
        self._check()
        n = self.samples if split == "train" else max(self.classes, self.samples // 4)
        labels = torch.arange(n) % self.classes
        noise = self._noise(n, split)
        names = tuple(f"class {k}" for k in range(self.classes))
        return Images.of((self._patterns()[labels] + noise).to(torch.uint8), labels, names)

    def _check(self) -> None:
        if min(self.size, self.channels) < 1 or not 2 <= self.classes <= self.samples:
            raise DataError(
                f"Synthetic needs a size and channels of at least 1, two classes or more and a sample for each; got "
                f"SyntheticSize {self.size}, SyntheticChannels {self.channels}, SyntheticClasses {self.classes}, "
                f"SyntheticSamples {self.samples}."
            )

    def _patterns(self) -> Tensor:
        """Int64 `(K, C, H, W)`."""
        shape = (self.classes, self.channels, CELLS, CELLS // 2)
        counters = torch.arange(torch.Size(shape).numel()).view(shape)
        cells = 64 + uniform_below(128, counters, "synthetic pattern")
        pixel = torch.arange(self.size)
        rows = pixel * CELLS // self.size
        columns = torch.minimum(pixel, self.size - 1 - pixel) * CELLS // self.size
        return cells[:, :, rows[:, None], columns]

    def _noise(self, n: int, split: SplitName) -> Tensor:
        """Int64 `(N, C, H, W)`."""
        shape = (n, self.channels, self.size, self.size)
        counters = torch.arange(torch.Size(shape).numel()).view(shape)
        return uniform_below(129, counters, "synthetic noise", split) - 64
