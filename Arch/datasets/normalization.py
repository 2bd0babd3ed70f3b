"""From bytes to what a network sees: the constants of a training split, and the arithmetic that applies them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.errors import ShapeError, UnknownNameError

KINDS = ("MeanVar", "Elementwise", "None")

_CHUNK = 256  # images; 256 * 255^2 < 2^24, so that float32 sums of squares are exact integers


@dataclass(frozen=True, eq=False)
class Normalization:
    """What is subtracted and divided by: `(x / 255 - mean) / std`.

    Attributes:
        mean: float32 `(C, 1, 1)` or `(C, H, W)`, of pixels scaled to [0, 1].
        std: of the same shape, positive.
    """

    mean: Tensor
    std: Tensor


def constants_of(pixels: Tensor, kind: str) -> Normalization:
    """The constants of a set of images, from exact integer sums; no float copy of the images is made.

    Args:
        pixels: uint8 `(N, C, H, W)`.
        kind: `MeanVar` for one mean and standard deviation a channel, `Elementwise` for one a pixel and channel,
            `None` for 0 and 1.

    Returns:
        Population constants (divided by the count, not by one less). Where a channel or pixel never varies the
        standard deviation is taken as 1, so that a test image that differs there stays finite.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("normalization", kind, KINDS)
    channels = pixels.shape[1]
    if kind == "None":
        return Normalization(torch.zeros(channels, 1, 1), torch.ones(channels, 1, 1))
    count, total, squares = len(pixels), *_sums(pixels)
    if kind == "MeanVar":
        count *= pixels.shape[2] * pixels.shape[3]
        total, squares = (x.sum(dim=(1, 2), keepdim=True) for x in (total, squares))
    mean = total.double() / count
    variance = squares.double() / count - mean.square()
    # The least variance of N bytes that are not all equal is about 1 / N; rounding leaves 1e-11 of a constant.
    std = torch.where(variance < 1e-10, 255.0, variance.clamp(min=0).sqrt())
    return Normalization((mean / 255).float(), (std / 255).float())


def _sums(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of the pixels and of their squares over the images, both int64 `(C, H, W)`."""
    rows = pixels.permute(0, 2, 3, 1)
    total = torch.zeros(rows.shape[1:], dtype=torch.int64)
    squares = torch.zeros_like(total)
    for chunk in torch.split(rows, _CHUNK):
        x = chunk.float()
        total += x.sum(dim=0).long()
        squares += x.square_().sum(dim=0).long()
    return total.permute(2, 0, 1), squares.permute(2, 0, 1)


@dataclass(frozen=True, eq=False)
class Normalizer:
    """A normalization made ready for images of one shape, on one device.

    Attributes:
        scale: float32 `(1, 1 or H, W * C)`, 1 / (255 std).
        shift: of the same shape, -mean / std.
    """

    scale: Tensor
    shift: Tensor

    @classmethod
    def of(
        cls, constants: Normalization, shape: tuple[int, int, int], device: torch.device | str = "cpu"
    ) -> Normalizer:
        """Prepares `constants` for images of `shape` (C, H, W).

        Raises:
            ShapeError: the constants were made for other images.
        """
        channels, height, width = shape
        if constants.mean.shape not in {(channels, 1, 1), (channels, height, width)}:
            raise ShapeError(f"normalization constants {tuple(constants.mean.shape)} do not fit images {shape}")
        mean, std = constants.mean.double(), constants.std.double()
        scale, shift = (_as_rows(x, width).to(device) for x in (1 / (255 * std), -mean / std))
        return cls(scale, shift)

    def __call__(self, pixels: Tensor) -> Tensor:
        """Normalised images.

        Args:
            pixels: uint8 `(B, C, H, W)`; fastest when in memory in the order B, H, W, C.

        Returns:
            float32 `(B, C, H, W)` in channels_last.
        """
        batch, channels, height, width = pixels.shape
        # Rows of W * C bytes, because an operation along three channels at a time runs at a tenth of the speed.
        rows = pixels.permute(0, 2, 3, 1).reshape(batch, height, width * channels).float()
        rows = rows.mul_(self.scale).add_(self.shift)
        return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _as_rows(constants: Tensor, width: int) -> Tensor:
    """`(C, 1 or H, 1 or W)` as float32 `(1, 1 or H, W * C)`, in the order of an image's rows in memory."""
    channels, height, _ = constants.shape
    return constants.expand(channels, height, width).permute(1, 2, 0).reshape(1, height, -1).float()
