"""Selects images from a tensor of images without changing the order of their memory."""

from __future__ import annotations

from torch import Tensor


def take(pixels: Tensor, rows: Tensor) -> Tensor:
    """The images `rows` `(B,)` of `pixels` `(N, C, H, W)`, keeping the order N, H, W, C in memory.

    Indexing `pixels[rows]` gives the same images, ten times slower.
    """
    return pixels.permute(0, 2, 3, 1).index_select(0, rows).permute(0, 3, 1, 2)
