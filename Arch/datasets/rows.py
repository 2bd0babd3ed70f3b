"""Selects rows of a tensor of images, keeping its memory format."""

from __future__ import annotations

from torch import Tensor


def take(pixels: Tensor, rows: Tensor) -> Tensor:
    """Selects the images `rows` `(B,)` of `pixels` `(N, C, H, W)`, keeping the order N, H, W, C in memory.

    `pixels[rows]` gives the same images, but takes ten times as long.
    """
    return pixels.permute(0, 2, 3, 1).index_select(0, rows).permute(0, 3, 1, 2)
