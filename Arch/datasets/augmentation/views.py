"""Pad-crop and flip: the view of a sample is a pure function of seed, epoch and sample index."""

from __future__ import annotations

import torch
from torch import Tensor

from Arch.datasets.hashing import uniform_below
from Arch.errors import ShapeError


def view_count(padding: int, *, flip: bool) -> int:
    """Returns the number of views of an image: (2p + 1)^2 crops, twice as many with flips."""
    return (2 * padding + 1) ** 2 * (2 if flip else 1)


def view_numbers(sample_ids: Tensor, *, seed: int, epoch: int, padding: int = 4, flip: bool = True) -> Tensor:
    """Draws the number of the view of each sample in an epoch, uniform over all views.

    Number n means: crop at row offset `n // (2p + 1) % (2p + 1)` and column offset `n % (2p + 1)` of the padded
    image, then mirror if `n >= (2p + 1)^2`. Number `2 p (p + 1)` is the image itself.

    Args:
        sample_ids: int64 `(B,)`, indices in the training split.
        seed: the seed of the run's stream for augmentation.
        epoch: any numbering.
        padding: p, pixels on each side.
        flip: whether half of the views are mirrored.

    Returns:
        int64 `(B,)` in [0, `view_count`), on the same device, without a synchronisation.
    """
    return uniform_below(view_count(padding, flip=flip), sample_ids, "views", seed, epoch)


def apply_views(pixels: Tensor, numbers: Tensor, padding: int = 4, *, flip: bool = True) -> Tensor:
    """Returns each image in the view of its number: pads with zeros (black), crops, then mirrors.

    The padded images and their mirror images are stored as rows of bytes; a row of a view is W * C contiguous bytes, so
    that one `index_select` of rows gives all views of a batch, without a loop or a synchronisation.

    Args:
        pixels: uint8 `(B, C, H, W)`; fastest in channels_last.
        numbers: int64 `(B,)`, from `view_numbers` with the same `padding` and `flip`; not checked.
        padding: p, pixels on each side.
        flip: whether views may be mirrored.

    Returns:
        uint8 `(B, C, H, W)` in channels_last.

    Raises:
        ShapeError: the images have another shape, or there is not one number for each.
    """
    if pixels.dim() != 4 or numbers.shape != pixels.shape[:1]:
        raise ShapeError(
            f"expected images (B, C, H, W) and B view numbers, got {tuple(pixels.shape)} and {tuple(numbers.shape)}"
        )
    batch, channels, height, width = pixels.shape
    padded = _padded(pixels, padding, flip=flip)
    starts = _row_starts(numbers, (channels, height, width), padding, flip=flip)
    span = width * channels
    every_row = padded.as_strided((padded.numel() - span + 1, span), (1, 1))
    rows = every_row.index_select(0, starts.flatten())
    return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _padded(pixels: Tensor, padding: int, *, flip: bool) -> Tensor:
    """Returns images with a black margin, `(B, F, H + 2p, (W + 2p) * C)`: unchanged and, if F is 2, mirrored."""
    batch, channels, height, width = pixels.shape
    shape = (batch, 2 if flip else 1, height + 2 * padding, (width + 2 * padding) * channels)
    canvas = torch.zeros(shape, dtype=pixels.dtype, device=pixels.device)
    inside = canvas[:, :, padding : padding + height, padding * channels : (padding + width) * channels]
    inside[:, 0] = pixels.permute(0, 2, 3, 1).reshape(batch, height, -1)
    if flip:
        inside[:, 1] = pixels.flip(3).permute(0, 2, 3, 1).reshape(batch, height, -1)
    return canvas


def _row_starts(numbers: Tensor, shape: tuple[int, int, int], padding: int, *, flip: bool) -> Tensor:
    """Returns the offset in `_padded` of each row of each view, int64 `(B, H)`."""
    channels, height, width = shape
    side = 2 * padding + 1
    image = torch.arange(len(numbers), device=numbers.device)
    column = numbers % side
    top = numbers // side % side
    if flip:
        is_mirrored = numbers >= side * side
        image = image * 2 + is_mirrored
        # The mirrored window at column x of an image is the window at column 2p - x of the mirrored image.
        column = torch.where(is_mirrored, side - 1 - column, column)
    rows = (image * (height + 2 * padding) + top)[:, None] + torch.arange(height, device=numbers.device)
    return (rows * (width + 2 * padding) + column[:, None]) * channels
