"""Mixup and cutmix: an example becomes partly another one of its batch, and so does its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import torch
from scipy.special import betaincinv
from torch import Tensor

from Arch.datasets.augmentation.erasing import Boxes
from Arch.datasets.augmentation.sample_random import SampleRandom
from Arch.datasets.rows import take

_CELLS = 1 << 14


@dataclass(frozen=True)
class Mixing:
    """How much of which examples is mixed with the next one of the batch.

    The partner of row b is row b + 1, that of the last row is row 0: an epoch's order is a random permutation, so that
    the neighbour is a random other sample. Deviation from both sources: the share is drawn for each example
    rather than for each batch.

    Attributes:
        mixup_alpha: shares of mixup are Beta(alpha, alpha) distributed; 0 for no mixup.
        cutmix_alpha: the same of cutmix.
        probability: of an example to be mixed at all.
        cutmix_share: how many of the mixed examples are cut rather than blended: 0 without cutmix, 1 without mixup.

    Source: Zhang et al., ICLR 2018 (arXiv 1710.09412), section 2, for mixup; Yun et al., ICCV 2019 (arXiv 1905.04899),
    section 3.1, for cutmix: a window of sqrt(1 - share) of the image's sides around a uniform pixel, clipped to the
    image; the label's share is then what is left of the image.
    """

    mixup_alpha: float
    cutmix_alpha: float
    probability: float
    cutmix_share: float

    def __call__(
        self, images: Tensor, random: SampleRandom, sizes: Sequence[int] = ()
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The mixed images `(B, C, H, W)`, the row of each one's partner in its batch `(B,)`, its own share `(B,)`.

        Args:
            images: float32 `(B, C, H, W)`, normalised.
            random: for the samples that they show.
            sizes: of the batches that they are, one after the other; none: all are one batch.
        """
        partners, places = _neighbours(tuple(sizes) or (len(images),), images.device)
        others = take(images, places)
        is_mixed = random.uniform("mixed") < self.probability
        is_cut = random.uniform("mixed by cutting") < self.cutmix_share
        shares = torch.ones_like(random.samples, dtype=torch.float64)
        if self.mixup_alpha:
            blended = beta_shares(random.uniform("mixup share"), self.mixup_alpha)
            shares = blended.where(is_mixed & ~is_cut, shares)
            images = torch.lerp(others, images, shares.to(images.dtype)[:, None, None, None])
        if self.cutmix_alpha:
            height, width = images.shape[2:]
            mask = cut_window(random, self.cutmix_alpha, height, width).where(is_mixed & is_cut).mask(height, width)
            images = others.where(mask, images)
            shares = shares - mask.sum(dim=(1, 2, 3)) / (height * width)
        return images, partners, shares.float()


@cache
def _neighbours(sizes: tuple[int, ...], device: torch.device) -> tuple[Tensor, Tensor]:
    """The row after each one in its batch, and where that lies among the images of all batches, both int64 `(B,)`.

    They are kept, because to bring them to a GPU at each step could wait for it.
    """
    rows = [torch.arange(1, size + 1) % size for size in sizes]
    starts = [0, *accumulate(sizes)]
    places = [each + start for each, start in zip(rows, starts, strict=False)]
    return torch.cat(rows).to(device), torch.cat(places).to(device)


def cut_window(random: SampleRandom, alpha: float, height: int, width: int) -> Boxes:
    """The windows of cutmix, in which each image shows its partner; they may reach beyond the image."""
    side = (1 - beta_shares(random.uniform("cutmix share"), alpha)).sqrt()
    rows, columns = (side * height).long(), (side * width).long()
    top = random.below(height, "cutmix row") - rows // 2
    left = random.below(width, "cutmix column") - columns // 2
    return Boxes(top, top + rows, left, left + columns)


def beta_shares(uniform: Tensor, alpha: float) -> Tensor:
    """Beta(alpha, alpha) distributed numbers `(B,)` from uniform ones in (0, 1), by the inverse distribution function.

    It is interpolated between 2^14 + 1 points that are exact, so that no probability is off by more than 2^-14.
    """
    table = _quantiles(alpha, uniform.device)
    place = uniform * _CELLS
    cell = place.long()
    return torch.lerp(table[cell], table[cell + 1], place - cell)


@cache
def _quantiles(alpha: float, device: torch.device) -> Tensor:
    """The quantiles of Beta(alpha, alpha) at 0, 2^-14, ..., 1, float64; the upper half mirrors the lower."""
    lower = torch.from_numpy(
        betaincinv(alpha, alpha, torch.linspace(0, 0.5, _CELLS // 2 + 1, dtype=torch.float64).numpy())
    )
    return torch.cat([lower, 1 - lower.flip(0)[1:]]).to(device)
