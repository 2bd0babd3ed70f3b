"""Generated images, for tests and demonstrations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.hashing import uniform_below
from Arch.errors import DataError

CELLS = 4  # a pattern has 4 rows of 2 cells, which are mirrored to 4


@DATASETS.register("Synthetic")
@dataclass(frozen=True)
class Synthetic(ImageDataset):
    """A generated dataset for tests: a pattern of cells for each class, plus uniform noise.

    A pattern has 4x4 cells, is its own mirror image (a flip keeps the class) and has values in 64..191; each pixel has
    its own noise in -64..64. The classes alternate; the number of test samples is a quarter of that of the training
    samples, but at least one for each class. The data do not depend on a seed.

    Attributes:
        classes: number of classes.
        size: side in pixels.
        channels: number of channels.
        samples: number of training samples.
    """

    classes: int
    size: int
    channels: int
    samples: int

    def read(self, root: Path, split: SplitName) -> Images:  # noqa: ARG002  # the data are generated
        """Generates the images of a split; see `ImageDataset.read`."""
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
        """Returns the pattern of each class, int64 `(K, C, H, W)`."""
        shape = (self.classes, self.channels, CELLS, CELLS // 2)
        counters = torch.arange(torch.Size(shape).numel()).view(shape)
        cells = 64 + uniform_below(128, counters, "synthetic pattern")
        pixel = torch.arange(self.size)
        rows = pixel * CELLS // self.size
        columns = torch.minimum(pixel, self.size - 1 - pixel) * CELLS // self.size
        return cells[:, :, rows[:, None], columns]

    def _noise(self, n: int, split: SplitName) -> Tensor:
        """Returns the noise of each sample, int64 `(N, C, H, W)`."""
        shape = (n, self.channels, self.size, self.size)
        counters = torch.arange(torch.Size(shape).numel()).view(shape)
        return uniform_below(129, counters, "synthetic noise", split) - 64
