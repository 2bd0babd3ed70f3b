"""Shrinks images in integer arithmetic, so that shrunk data have the same digest on every machine."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from Arch.datasets.digest import Pixels
from Arch.errors import DataError


def downsampled(pixels: Tensor, size: int) -> Tensor:
    """Shrinks images to squares by `shrink`.

    Args:
        pixels: uint8 `(N, C, H, W)`.
        size: side in pixels.

    Returns:
        uint8 `(N, C, size, size)`.

    Raises:
        DataError: the images are smaller than `size`, or not uint8.
    """
    if pixels.dtype != torch.uint8:
        raise DataError(f"DownSample {size} cannot shrink float32 numbers, only images of bytes: leave it at -1.")
    n, channels, height, width = pixels.shape
    check_size((height, width), size, "the images")
    rows = pixels.permute(0, 2, 3, 1).numpy()
    small = np.empty((n, size, size, channels), dtype=np.uint8)
    for source, target in zip(rows, small, strict=True):
        for channel in range(channels):
            plane = Image.fromarray(np.ascontiguousarray(source[..., channel]))
            target[..., channel] = shrink(plane, size)
    return torch.from_numpy(small).permute(0, 3, 1, 2)


def shrink(image: Image.Image, size: int) -> Pixels:
    """Shrinks an 8-bit image to `size` x `size`; returns `(size, size)` or `(size, size, C)`.

    The filter is antialiased: each new pixel is a mean of the old ones, weighted by a triangle whose half-width is one
    new pixel (`H / size` old ones), cut off at the border. Columns come first, then rows; the weights are fixed-point
    integers, and both passes round to the nearest of 0..255. This is Pillow's `BILINEAR`, as torchvision's `Resize`
    applies it to a PIL image.
    """
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def shrink_and_crop(image: Image.Image, size: int) -> Pixels:
    """Resizes the shorter side of an 8-bit image to `size` and crops the centre square.

    The filter is that of `shrink`; the longer side l becomes `floor(size l / s)` with the shorter side s. This is what
    torchvision's `Resize(size)` and `CenterCrop(size)` do to a PIL image.

    Returns:
        uint8 `(size, size)` or `(size, size, C)`.
    """
    width, height = (int(size * side / min(image.size)) for side in image.size)
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return np.asarray(resized.crop((left, top, left + size, top + size)))


def check_size(shape: tuple[int, int], size: int, what: str) -> None:
    """Checks that an image is not smaller than the wanted size.

    Args:
        shape: (H, W).
        size: wanted side in pixels.
        what: names the image in the message.

    Raises:
        DataError: it is smaller.
    """
    if min(shape) < size:
        height, width = shape
        raise DataError(
            f"DownSample {size} would enlarge {what} of {width}x{height} pixels (width x height). "
            f"Choose at most {min(shape)}, or -1 to leave the size alone."
        )
