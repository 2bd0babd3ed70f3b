"""Rectangles of images that are erased or replaced: cutout, random erasing, and the windows of cutmix."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.augmentation.sample_random import SampleRandom

_TRIES = 10


@dataclass(frozen=True, eq=False)
class Boxes:
    """One rectangle per image: rows from `top` to `bottom`, columns from `left` to `right`, ends excluded.

    Attributes:
        top, bottom, left, right: int64 `(B,)`; a rectangle may reach beyond its image, and may be empty.
    """

    top: Tensor
    bottom: Tensor
    left: Tensor
    right: Tensor

    def mask(self, height: int, width: int) -> Tensor:
        """Returns the pixels inside the rectangles, bool `(B, 1, H, W)`."""
        rows, columns = (torch.arange(side, device=self.top.device) for side in (height, width))
        inside_rows = (rows >= self.top[:, None]) & (rows < self.bottom[:, None])
        inside_columns = (columns >= self.left[:, None]) & (columns < self.right[:, None])
        return (inside_rows[:, :, None] & inside_columns[:, None, :])[:, None]

    def where(self, condition: Tensor) -> Boxes:
        """Returns the same rectangles where `condition` `(B,)` holds, and empty ones elsewhere."""
        return Boxes(self.top, self.bottom.where(condition, self.top), self.left, self.right)


def cutout(random: SampleRandom, side: int, height: int, width: int) -> Boxes:
    """Returns a square of `side` pixels around a uniformly drawn pixel; it may reach beyond the image.

    Source: DeVries & Taylor 2017 (arXiv 1708.04552), section 3.1: the centre is drawn, the square may leave the image.
    """
    top = random.below(height, "cutout row") - side // 2
    left = random.below(width, "cutout column") - side // 2
    return Boxes(top, top + side, left, left + side)


@dataclass(frozen=True)
class RandomErasing:
    """Erases a rectangle of random position, area and aspect ratio in some of the images.

    Source: Zhong et al., AAAI 2020 (arXiv 1708.04896), algorithm 1. Deviations, the same as torchvision's: the
    logarithm of the aspect is uniform, so that upright and lying rectangles are equally likely, and an image is left
    unchanged if 10 tries give no rectangle that fits.

    Attributes:
        probability: that an image is erased.
        least_area, most_area: of the rectangle, as shares of the area of the image.
        least_aspect: the least ratio of height to width, in (0, 1]; the largest is its inverse.
    """

    probability: float
    least_area: float
    most_area: float
    least_aspect: float

    def boxes(self, random: SampleRandom, height: int, width: int) -> Boxes:
        """Draws the rectangles of a batch, each the first of its tries that fits into the image; otherwise empty."""
        shares = self.least_area + (self.most_area - self.least_area) * random.tries(_TRIES, "erased area")
        aspects = torch.exp((1 - 2 * random.tries(_TRIES, "erased aspect")) * math.log(self.least_aspect))
        heights = (shares * (height * width) * aspects).sqrt().round()
        widths = (shares * (height * width) / aspects).sqrt().round()
        fits = (heights < height) & (widths < width)
        first = fits.int().argmax(dim=1, keepdim=True)
        rows, columns = (each.gather(1, first)[:, 0] for each in (heights, widths))
        top = (random.uniform("erased row") * (height - rows + 1)).long()
        left = (random.uniform("erased column") * (width - columns + 1)).long()
        is_erased = fits.any(dim=1) & (random.uniform("erased") < self.probability)
        return Boxes(top, top + rows.long(), left, left + columns.long()).where(is_erased)
