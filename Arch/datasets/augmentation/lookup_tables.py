"""Tables that map each of the 256 values of a byte to a new value, per image or per channel.

The float32 arithmetic and the truncation are in the same order as in torchvision, so that the bytes agree.
"""

from __future__ import annotations

import torch
from torch import Tensor

BYTES = 256


def look_up(pixels: Tensor, tables: Tensor) -> Tensor:
    """Maps uint8 pixels `(B, C, H, W)` by the tables `(B, C or 1, 256)` of their images and channels.

    Returns:
        uint8 `(B, C, H, W)` in channels_last.
    """
    batch, channels, height, width = pixels.shape
    rows = pixels.permute(0, 2, 3, 1).reshape(batch, -1, channels).long()
    found = tables.expand(-1, channels, -1).transpose(1, 2).gather(1, rows)
    return found.view(batch, height, width, channels).permute(0, 3, 1, 2)


def fixed_table(operation: str, amount: float) -> Tensor:
    """Returns the table of an operation that does not depend on the image, uint8 `(256,)`; the identity for others.

    Args:
        operation: `Brightness`, `Posterize` or `Solarize`.
        amount: the factor minus one, the number of bits kept, or the smallest byte that is inverted; the sign of the
            last two is ignored.
    """
    values = torch.arange(BYTES, dtype=torch.uint8)
    if operation == "Brightness":
        return values.mul(1 + amount).clamp(0, 255).byte()
    if operation == "Posterize":
        return values & (0xFF << (8 - abs(int(amount))) & 0xFF)
    if operation == "Solarize":
        return torch.where(values >= abs(amount), 255 - values, values)
    return values


def contrast_table(gray: Tensor, factor: float) -> Tensor:
    """Returns the tables that blend each image with its mean gray, uint8 `(B, 1, 256)`.

    Args:
        gray: float32 `(B, 1, H, W)`, whole numbers in [0, 255].
        factor: 0 gives the mean, 1 the image itself.
    """
    # A float64 sum of whole numbers is exact, so that the order of summation on a device does not matter.
    means = gray.mean(dim=(1, 2, 3), dtype=torch.float64).float()[:, None, None]
    values = torch.arange(BYTES, dtype=torch.float32, device=gray.device)
    return values.mul(factor).add(means, alpha=1 - factor).clamp(0, 255).byte()


def autocontrast_table(pixels: Tensor) -> Tensor:
    """Returns the tables that stretch each channel of an image to 0 ... 255; a constant channel is unchanged.

    Args:
        pixels: uint8 `(B, C, H, W)`.

    Returns:
        uint8 `(B, C, 256)`.
    """
    low, high = (each.float()[..., None] for each in pixels.flatten(2).aminmax(dim=2))
    is_flat = low == high
    scale = ((high - low) * (1 / 255)).masked_fill(is_flat, 1)
    values = torch.arange(BYTES, dtype=torch.float32, device=pixels.device)
    return values.sub(low.masked_fill(is_flat, 0)).div(scale).clamp(0, 255).byte()


def equalize_table(pixels: Tensor) -> Tensor:
    """Returns the tables that make the bytes of each channel of an image about equally frequent.

    Args:
        pixels: uint8 `(B, C, H, W)`.

    Returns:
        uint8 `(B, C, 256)`.

    Source: Pillow's `ImageOps.equalize`. With n(v) the number of pixels below v, and step 1/255 of the number of
    pixels below the largest value, v becomes (n(v) + step // 2) // step; where step is 0 the channel is unchanged.
    """
    flat = pixels.reshape(*pixels.shape[:2], -1).long()
    counts = torch.zeros(*flat.shape[:2], BYTES, dtype=torch.int64, device=pixels.device)
    counts.scatter_add_(2, flat, torch.ones_like(flat))
    step = (flat.shape[2] - counts.gather(2, flat.amax(dim=2, keepdim=True))) // 255
    below = counts.cumsum(dim=2) - counts
    values = torch.arange(BYTES, device=pixels.device).expand_as(counts)
    return ((below + step // 2) // step.clamp(min=1)).clamp(0, 255).where(step > 0, values).byte()
