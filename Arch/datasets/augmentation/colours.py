"""Blends images with their grayscale or blurred version, as torchvision does."""

from __future__ import annotations

from torch import Tensor


def grayscale(pixels: Tensor) -> Tensor:
    """Returns the luminance of uint8 images `(B, 3 or 1, H, W)`, whole numbers in float32 `(B, 1, H, W)`."""
    if pixels.shape[1] == 1:
        return pixels.float()
    red, green, blue = pixels.chunk(3, dim=1)
    return red.mul(0.2989).add_(green, alpha=0.587).add_(blue, alpha=0.114).floor_()


def blended(pixels: Tensor, gray: Tensor, factor: float) -> Tensor:
    """Blends images with their grayscale: less saturated for a `factor` below 1, more above it.

    Args:
        pixels: uint8 `(B, C, H, W)`; images of one channel are returned unchanged.
        gray: `grayscale(pixels)`.
        factor: 0 gives the gray image, 1 the image itself.
    """
    if pixels.shape[1] == 1:
        return pixels
    return pixels.mul(factor).add_(gray, alpha=1 - factor).clamp_(0, 255).byte()


def sharpened(pixels: Tensor, factor: float) -> Tensor:
    """Blurs images for a `factor` below 1 and sharpens them above it; the outermost pixels are unchanged.

    A blurred pixel is (4 x itself + the sum over the 3 x 3 pixels around it) / 13, rounded.

    Args:
        pixels: uint8 `(B, C, H, W)`; images smaller than 3 x 3 pixels are returned unchanged.
        factor: 0 gives the blurred image, 1 the image itself.
    """
    if min(pixels.shape[2:]) <= 2:
        return pixels
    rows = pixels.permute(0, 2, 3, 1).float()
    inside = rows[:, 1:-1, 1:-1]
    columns = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    sums = (
        columns[:, :, :-2] + columns[:, :, 1:-1] + columns[:, :, 2:]
    )  # whole numbers below 2^24: exact in float32 on every device
    blurred = sums.add_(inside, alpha=4).div_(13).round_()
    inside.add_(blurred.sub_(inside), alpha=1 - factor)
    return rows.clamp_(0, 255).byte().permute(0, 3, 1, 2)
