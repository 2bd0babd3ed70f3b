"""Normalisation of pixels: computes mean and standard deviation of a training split, and applies them to images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.errors import ShapeError, UnknownNameError

KINDS = ("MeanVar", "Elementwise", "None")

_CHUNK = 256  # images; the sum of 256 squared bytes is below 2^24, so float32 holds it exactly
_FLOAT32 = torch.finfo(torch.float32)


@dataclass(frozen=True, eq=False)
class Normalization:
    """The constants of the normalisation `(x / unit - mean) / std`.

    Attributes:
        mean: float32 `(C, 1, 1)` or `(C, H, W)`: the mean of `x / unit`.
        std: the standard deviation of `x / unit`, of the same shape, positive.
        unit: 255 for uint8 pixels, 1 for float32 pixels.
    """

    mean: Tensor
    std: Tensor
    unit: float = 255.0


def constants_of(pixels: Tensor, kind: str) -> Normalization:
    """Computes the constants of a set of images, chunk by chunk, without a float copy of the whole set.

    uint8 pixels are summed exactly, in int64; float32 pixels are summed in float64.

    Args:
        pixels: uint8 or finite float32 `(N, C, H, W)`.
        kind: `MeanVar` for one mean and standard deviation per channel, `Elementwise` for one per pixel and channel,
            `"None"` for mean 0 and standard deviation 1.

    Returns:
        Mean and population standard deviation (divided by the count, not by the count minus one). For a channel or
        pixel that is constant over all images the standard deviation is set to 1, to avoid a division by 0.

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
    # The variance of N bytes is 0 if all are equal, otherwise at least about 1 / N; rounding errors are about 1e-11.
    # For N > 1e10 the threshold also treats bytes of which very few differ as constant.
    std = torch.where(variance < 1e-10, 255.0, variance.clamp(min=0).sqrt())
    return Normalization((mean / 255).float(), (std / 255).float())


def unit_of(pixels: Tensor) -> float:
    """Returns the number by which pixels are divided before normalisation: 255 for uint8, 1 for float32."""
    return 255.0 if pixels.dtype == torch.uint8 else 1.0


def _sums(pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the sum over images of the uint8 pixels, and that of their squares, both int64 `(C, H, W)`."""
    rows = pixels.permute(0, 2, 3, 1)
    total = torch.zeros(rows.shape[1:], dtype=torch.int64)
    squares = torch.zeros_like(total)
    for chunk in torch.split(rows, _CHUNK):
        x = chunk.float()
        total += x.sum(dim=0).long()
        squares += x.square_().sum(dim=0).long()
    return total.permute(2, 0, 1), squares.permute(2, 0, 1)


def _constants_of_floats(pixels: Tensor, axes: tuple[int, ...]) -> Normalization:
    """Computes the constants of float32 pixels over `axes` in float64: the mean first, then the squared deviations."""
    count = math.prod(pixels.shape[axis] for axis in axes)

    def mean_of(function: Callable[[Tensor], Tensor]) -> Tensor:
        pieces = (function(chunk.double()).sum(dim=axes, keepdim=True) for chunk in torch.split(pixels, _CHUNK))
        return sum(pieces, start=torch.zeros((), dtype=torch.float64)) / count

    mean = mean_of(lambda x: x)
    std = mean_of(lambda x: (x - mean).square()).sqrt()
    # A deviation below the resolution of float32 is a rounding error of equal pixels, and 1 / std would amplify it.
    varies = std > torch.clamp(_FLOAT32.eps * mean.abs(), min=_FLOAT32.tiny)
    return Normalization(mean[0].float(), torch.where(varies, std, 1.0)[0].float(), 1.0)


@dataclass(frozen=True, eq=False)
class Normalizer:
    """Normalises images of one shape on one device, by constants expanded to the memory layout of an image.

    Attributes:
        scale: 1 / (unit * std), float32 `(1, 1 or H, W * C)`.
        shift: -mean / std, of the same shape; added to uint8 pixels after scaling.
        centre: the mean, of the same shape, subtracted from float32 pixels before scaling: adding `shift` afterwards
            would lose precision if the mean is many times the standard deviation. None for uint8 pixels.
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
            ShapeError: the mean is neither `(C, 1, 1)` nor `(C, H, W)`.
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
            pixels: `(B, C, H, W)`, of the dtype that the constants were computed from, uint8 or float32; fastest in
                channels_last.

        Returns:
            float32 `(B, C, H, W)` in channels_last; it is a new tensor, not a view of `pixels`.
        """
        batch, channels, height, width = pixels.shape
        # Arithmetic on rows of W * C values is several times faster than with an innermost axis of only three channels.
        rows = pixels.permute(0, 2, 3, 1).reshape(batch, height, width * channels)
        if self.centre is None:
            rows = rows.float().mul_(self.scale).add_(self.shift)
        else:
            rows = rows.sub(self.centre).mul_(self.scale)
        return rows.view(batch, height, width, channels).permute(0, 3, 1, 2)


@dataclass(frozen=True, eq=False)
class Renormalizer:
    """Converts images from one normalisation to another, which also holds for their mixtures: the map is affine.

    With x the pixel scaled by 1 / unit, an image is (x - m) / s under the first and (x - n) / t under the second, which
    is the first times s / t plus (m - n) / t.

    Attributes:
        scale: float32 `(1, C, 1 or H, 1 or W)`.
        shift: of the same kind.
    """

    scale: Tensor
    shift: Tensor

    @classmethod
    def between(cls, one: Normalization, other: Normalization, device: torch.device | str) -> Renormalizer | None:
        """Returns the conversion on a device; None if both normalisations are the same.

        Raises:
            ShapeError: they are for different pixels.
        """
        if one.unit != other.unit or one.mean.shape[0] != other.mean.shape[0]:
            raise ShapeError(f"no conversion between constants for pixels of unit {one.unit:g} and {other.unit:g}")
        if all(map(torch.equal, (one.mean, one.std), (other.mean, other.std))):
            return None
        (m, s), (n, t) = ((each.mean.double(), each.std.double()) for each in (one, other))
        scale, shift = (x.float()[None].to(device) for x in (s / t, (m - n) / t))
        return cls(scale, shift)

    def __call__(self, images: Tensor) -> Tensor:
        """Returns the converted images; shape `(B, C, H, W)` and memory layout are those of `images`."""
        return torch.addcmul(self.shift, images, self.scale)


def _as_rows(constants: Tensor, width: int) -> Tensor:
    """Expands constants `(C, 1 or H, 1 or W)` to float32 `(1, 1 or H, W * C)`, ordered as a channels_last image."""
    channels, height, _ = constants.shape
    return constants.expand(channels, height, width).permute(1, 2, 0).reshape(1, height, -1).float()
