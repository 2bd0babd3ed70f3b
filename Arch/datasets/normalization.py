"""Normalisation of pixels: computes the constants of a training split and applies them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.errors import ShapeError, UnknownNameError

KINDS = ("MeanVar", "Elementwise", "None")

_CHUNK = 256  # images; 256 * 255^2 < 2^24, so that float32 sums of squares are exact integers
_FLOAT32 = torch.finfo(torch.float32)


@dataclass(frozen=True, eq=False)
class Normalization:
    """The constants of the normalisation `(x / unit - mean) / std`.

    Attributes:
        mean: float32 `(C, 1, 1)` or `(C, H, W)`, of bytes scaled to [0, 1], or of unscaled float32 pixels.
        std: the standard deviation, of the same shape, positive.
        unit: 255 for bytes, 1 for float32 pixels.
    """

    mean: Tensor
    std: Tensor
    unit: float = 255.0


def constants_of(pixels: Tensor, kind: str) -> Normalization:
    """Computes the constants of a set of images without a float copy of them.

    Sums of bytes are exact integers; sums of float32 pixels are float64.

    Args:
        pixels: uint8 or finite float32 `(N, C, H, W)`.
        kind: `MeanVar` for one mean and standard deviation per channel, `Elementwise` for one per pixel and channel,
            `None` for 0 and 1.

    Returns:
        Population statistics (divided by the count, not by the count minus one). Where a channel or pixel is constant
        the standard deviation is set to 1, so that a test image that differs there stays finite.

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("normalization", kind, KINDS)
    channels = pixels.shape[1]
    if kind == "None":
        return Normalization(torch.zeros(channels, 1, 1), torch.ones(channels, 1, 1), unit_of(pixels))
    if pixels.dtype != torch.uint8:
        return _constants_of_floats(pixels, (0, 2, 3) if kind == "MeanVar" else (0,))
    count, total, squares = len(pixels), *_sums(pixels)
    if kind == "MeanVar":
        count *= pixels.shape[2] * pixels.shape[3]
        total, squares = (x.sum(dim=(1, 2), keepdim=True) for x in (total, squares))
    mean = total.double() / count
    variance = squares.double() / count - mean.square()
    # The least variance of N bytes that are not all equal is about 1 / N; rounding leaves 1e-11 of a constant.
    std = torch.where(variance < 1e-10, 255.0, variance.clamp(min=0).sqrt())
    return Normalization((mean / 255).float(), (std / 255).float())


def unit_of(pixels: Tensor) -> float:
    """Returns the divisor that scales pixels: 255 for bytes, 1 for float32."""
    return 255.0 if pixels.dtype == torch.uint8 else 1.0


def _sums(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the sums of the pixels and of their squares over the images, both int64 `(C, H, W)`."""
    rows = pixels.permute(0, 2, 3, 1)
    total = torch.zeros(rows.shape[1:], dtype=torch.int64)
    squares = torch.zeros_like(total)
    for chunk in torch.split(rows, _CHUNK):
        x = chunk.float()
        total += x.sum(dim=0).long()
        squares += x.square_().sum(dim=0).long()
    return total.permute(2, 0, 1), squares.permute(2, 0, 1)


def _constants_of_floats(pixels: Tensor, axes: tuple[int, ...]) -> Normalization:
    """Computes the constants of float32 pixels over `axes`, in two passes of float64 sums."""
    count = math.prod(pixels.shape[axis] for axis in axes)

    def mean_of(function: Callable[[Tensor], Tensor]) -> Tensor:
        pieces = (function(chunk.double()).sum(dim=axes, keepdim=True) for chunk in torch.split(pixels, _CHUNK))
        return sum(pieces, start=torch.zeros((), dtype=torch.float64)) / count

    mean = mean_of(lambda x: x)
    std = mean_of(lambda x: (x - mean).square()).sqrt()
    # Variation below the resolution of float32 is rounding of a constant, and 1 / std would amplify it.
    varies = std > torch.clamp(_FLOAT32.eps * mean.abs(), min=_FLOAT32.tiny)
    return Normalization(mean[0].float(), torch.where(varies, std, 1.0)[0].float(), 1.0)


@dataclass(frozen=True, eq=False)
class Normalizer:
    """A normalisation prepared for images of one shape on one device.

    Attributes:
        scale: float32 `(1, 1 or H, W * C)`, 1 / (unit std).
        shift: -mean / std, of the same shape; added to bytes after scaling.
        centre: the mean, of the same shape, subtracted from float32 pixels before scaling: if it is many times the
            standard deviation, adding `shift` would lose precision. None for bytes.
    """

    scale: Tensor
    shift: Tensor
    centre: Tensor | None = None

    @classmethod
    def of(
        cls, constants: Normalization, shape: tuple[int, int, int], device: torch.device | str = "cpu"
    ) -> Normalizer:
        """Prepares `constants` for images of `shape` (C, H, W) on a device.

        Raises:
            ShapeError: the constants have another shape.
        """
        channels, height, width = shape
        if constants.mean.shape not in {(channels, 1, 1), (channels, height, width)}:
            raise ShapeError(f"normalization constants {tuple(constants.mean.shape)} do not fit images {shape}")
        mean, std = constants.mean.double(), constants.std.double()
        scale, shift, centre = (_as_rows(x, width).to(device) for x in (1 / (constants.unit * std), -mean / std, mean))
        return cls(scale, shift, centre if constants.unit == 1 else None)

    def __call__(self, pixels: Tensor) -> Tensor:
        """Returns the normalised images.

        Args:
            pixels: uint8 or float32 `(B, C, H, W)`, of the type that the constants were computed from; fastest in
                channels_last.

        Returns:
            float32 `(B, C, H, W)` in channels_last, which shares no memory with `pixels`.
        """
        batch, channels, height, width = pixels.shape
        # Rows of W * C values: with an innermost axis of three channels this takes ten times as long.
        rows = pixels.permute(0, 2, 3, 1).reshape(batch, height, width * channels)
        if self.centre is None:
            rows = rows.float().mul_(self.scale).add_(self.shift)
        else:
            rows = rows.sub(self.centre).mul_(self.scale)
        return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _as_rows(constants: Tensor, width: int) -> Tensor:
    """Expands `(C, 1 or H, 1 or W)` to float32 `(1, 1 or H, W * C)`, in the order of an image in memory."""
    channels, height, _ = constants.shape
    return constants.expand(channels, height, width).permute(1, 2, 0).reshape(1, height, -1).float()
