"""Mixup and cutmix: mixes each example and its label with another example of the same batch."""

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
    """Mixes examples with the next one of their batch.

    The partner of row b is row b + 1, that of the last row is row 0. The order of an epoch is a random permutation, so
    that the partner is a random other sample. Deviation from both sources: the share is drawn for each example rather
    than for each batch.

    Attributes:
        mixup_alpha: the shares of mixup are drawn from Beta(alpha, alpha); 0 for no mixup.
        cutmix_alpha: the same for cutmix.
        probability: that an example is mixed.
        cutmix_share: fraction of the mixed examples that cutmix mixes: 0 without cutmix, 1 without mixup.

    Source: Zhang et al., ICLR 2018 (arXiv 1710.09412), section 2, for mixup; Yun et al., ICCV 2019 (arXiv 1905.04899),
    section 3.1, for cutmix: a window of sqrt(1 - share) of the image's sides around a uniform pixel, clipped to the
    image; the share of the label is then the share of the image outside the window.
    """

    mixup_alpha: float
    cutmix_alpha: float
    probability: float
    cutmix_share: float

    def __call__(
        self, images: Tensor, random: SampleRandom, sizes: Sequence[int] = ()
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Mixes the images of one or more batches.

        Args:
            images: float32 `(B, C, H, W)`, normalised.
            random: random numbers of their samples.
            sizes: the sizes of the batches, one after the other; empty if the images are one batch.

        Returns:
            The mixed images `(B, C, H, W)`, the row of each partner in its batch `(B,)` and the share of the image
            itself `(B,)`, float32.
        """
        partners, rows = _neighbours(tuple(sizes) or (len(images),), images.device)
        others = take(images, rows)
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
    """Returns the next row of each one in its batch, and among the images of all batches, both int64 `(B,)`.

    Cached, because copying them to a GPU at each step could synchronise with it.
    """
    rows = [torch.arange(1, size + 1) % size for size in sizes]
    starts = [0, *accumulate(sizes)]
    shifted = [each + start for each, start in zip(rows, starts, strict=False)]
    return torch.cat(rows).to(device), torch.cat(shifted).to(device)


def cut_window(random: SampleRandom, alpha: float, height: int, width: int) -> Boxes:
    """Draws the windows of cutmix, in which each image shows its partner; they may reach beyond the image."""
    side = (1 - beta_shares(random.uniform("cutmix share"), alpha)).sqrt()
    rows, columns = (side * height).long(), (side * width).long()
    top = random.below(height, "cutmix row") - rows // 2
    left = random.below(width, "cutmix column") - columns // 2
    return Boxes(top, top + rows, left, left + columns)


def beta_shares(uniform: Tensor, alpha: float) -> Tensor:
    """Maps uniform numbers `(B,)` in (0, 1) to Beta(alpha, alpha) ones by the inverse distribution function.

    The function is interpolated linearly between 2^14 + 1 exact points: the error of a probability is at most 2^-14.
    """
    table = _quantiles(alpha, uniform.device)
    position = uniform * _CELLS
    cell = position.long()
    return torch.lerp(table[cell], table[cell + 1], position - cell)


@cache
def _quantiles(alpha: float, device: torch.device) -> Tensor:
    """Computes the quantiles of Beta(alpha, alpha) at 0, 2^-14, ..., 1, float64; the upper half mirrors the lower."""
    lower = torch.from_numpy(
        betaincinv(alpha, alpha, torch.linspace(0, 0.5, _CELLS // 2 + 1, dtype=torch.float64).numpy())
    )
    return torch.cat([lower, 1 - lower.flip(0)[1:]]).to(device)
