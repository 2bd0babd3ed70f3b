"""Affine transformations of images: shears, translations and rotations, as in torchvision."""

from __future__ import annotations

import math

import torch
from torch import Tensor

Matrix = tuple[tuple[float, float, float], tuple[float, float, float]]

_TIE = 1e-7  # pixels; far above rounding errors, so that ties are rounded alike on every device


def inverse_matrix(operation: str, amount: float, height: int, width: int) -> Matrix:
    """Returns the matrix from output to source coordinates, in pixels from the centre; the identity by default.

    Args:
        operation: `ShearX`, `ShearY` (around the upper left corner), `TranslateX`, `TranslateY` or `Rotate`.
        amount: slope, pixels (truncated to an integer) or degrees.
        height: the height of the image in pixels.
        width: the width of the image in pixels.
    """
    angle = math.radians(amount)
    matrices: dict[str, Matrix] = {
        "ShearX": ((1, amount, amount * height / 2), (0, 1, 0)),
        "ShearY": ((1, 0, 0), (amount, 1, amount * width / 2)),
        "TranslateX": ((1, 0, -int(amount)), (0, 1, 0)),
        "TranslateY": ((1, 0, 0), (0, 1, -int(amount))),
        "Rotate": ((math.cos(angle), -math.sin(angle), 0), (math.sin(angle), math.cos(angle), 0)),
    }
    return matrices.get(operation, ((1, 0, 0), (0, 1, 0)))


def warp(pixels: Tensor, matrices: Tensor) -> Tensor:
    """Transforms images: the pixel at (x, y) from the centre is the source pixel nearest to `matrix @ (x, y, 1)`.

    Pixels from outside the image are black. Halfway between two pixels the later one is taken; in torchvision it
    depends on rounding.

    Args:
        pixels: `(B, C, H, W)`.
        matrices: float64 `(B, 2, 3)`.

    Returns:
        `(B, C, H, W)` in channels_last.
    """
    batch, channels, height, width = pixels.shape
    rows, columns = (torch.arange(side, device=pixels.device, dtype=torch.float64) for side in (height, width))
    rows, columns = rows[:, None] - (height - 1) / 2, columns - (width - 1) / 2
    (xx, xy, x0), (yx, yy, y0) = (line.unbind(1) for line in matrices[..., None, None].unbind(1))
    column = (xx * columns + xy * rows + (x0 + width / 2 + _TIE)).floor().long()
    row = (yx * columns + yy * rows + (y0 + height / 2 + _TIE)).floor().long()
    is_inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    image = torch.arange(batch, device=pixels.device)[:, None, None]
    source = ((image * height + row) * width + column).where(is_inside, batch * height * width)
    flat = pixels.permute(0, 2, 3, 1).reshape(-1, channels)
    with_black = torch.cat([flat, flat.new_zeros(1, channels)])
    moved = with_black.index_select(0, source.flatten())
    return moved.view(batch, height, width, channels).permute(0, 3, 1, 2)
