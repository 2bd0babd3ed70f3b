"""RandAugment: a few random operations on each image of a batch, all images at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from Arch.datasets.colours import blended, grayscale, sharpened
from Arch.datasets.draws import Draws
from Arch.datasets.lookup import autocontrast_table, contrast_table, equalize_table, fixed_table, look_up
from Arch.datasets.warping import inverse_matrix, warp
from Arch.errors import ShapeError

OPERATIONS = (
    "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
    "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize",
)  # fmt: skip
LARGEST_MAGNITUDE = 30


@dataclass(frozen=True)
class RandAugment:
    """Some of `OPERATIONS` one after the other, each image its own, at one magnitude in one of both directions.

    Attributes:
        operations: how many an image.
        magnitude: in [0, `LARGEST_MAGNITUDE`], the same for all operations.

    Source: Cubuk et al. 2020 (arXiv 1909.13719), with the operations and ranges of torchvision's `RandAugment`:
    31 magnitudes, nearest neighbours, black where an image was moved away from.
    """

    operations: int
    magnitude: int

    def __call__(self, pixels: Tensor, draws: Draws) -> Tensor:
        """The images, uint8 `(B, C, H, W)` with one or three channels, as their samples show them."""
        for turn in range(self.operations):
            pixels = operate(pixels, draws.below(2 * len(OPERATIONS), "operation", turn), self.magnitude)
        return pixels


def operate(pixels: Tensor, codes: Tensor, magnitude: int) -> Tensor:
    """Each image after an operation of its own.

    Every kind of operation is computed for the whole batch, because to choose its images would wait for the device.

    Args:
        pixels: uint8 `(B, C, H, W)`, C being 1 or 3.
        codes: int64 `(B,)`, `2 * i` for the operation `OPERATIONS[i]` and `2 * i + 1` for its opposite direction.
        magnitude: in [0, `LARGEST_MAGNITUDE`].

    Returns:
        uint8 `(B, C, H, W)` in channels_last.

    Raises:
        ShapeError: these are not such images.
    """
    if pixels.dtype != torch.uint8 or pixels.dim() != 4 or pixels.shape[1] not in (1, 3):
        raise ShapeError(
            f"RandAugment needs uint8 images (B, C, H, W) of 1 or 3 channels, got {pixels.dtype} {tuple(pixels.shape)}"
        )
    matrices, tables = _constants(magnitude, *pixels.shape[2:], pixels.device)
    moved = warp(pixels, matrices[codes])
    gray = grayscale(moved)
    recoloured = look_up(moved, _tables(moved, gray, codes, tables[codes], magnitude))
    for code, factor in _factors("Color", magnitude):
        recoloured = blended(moved, gray, factor).where(_is(codes, code), recoloured)
    for code, factor in _factors("Sharpness", magnitude):
        recoloured = sharpened(moved, factor).where(_is(codes, code), recoloured)
    return recoloured


def amount(operation: str, magnitude: int, height: int, width: int) -> float:
    """What a magnitude means for an operation: a slope, pixels, degrees, bits, a threshold, or a factor less one.

    It is rounded to float32, as torchvision's is.
    """
    least, most = {
        "ShearX": (0, 0.3),
        "ShearY": (0, 0.3),
        "TranslateX": (0, 150 / 331 * width),
        "TranslateY": (0, 150 / 331 * height),
        "Rotate": (0, 30),
        "Posterize": (8, 4),
        "Solarize": (1, 0),
    }.get(operation, (0, 0.9))
    chosen = torch.linspace(least, most, LARGEST_MAGNITUDE + 1)[magnitude].item()
    return {"Posterize": round(chosen), "Solarize": 255 * chosen}.get(operation, chosen)


def _tables(pixels: Tensor, gray: Tensor, codes: Tensor, tables: Tensor, magnitude: int) -> Tensor:
    """What becomes of each byte, `(B, C, 256)`: the `tables` `(B, 256)`, or what the image itself decides."""
    chosen = tables[:, None].expand(-1, pixels.shape[1], -1)
    for code, factor in _factors("Contrast", magnitude):
        chosen = contrast_table(gray, factor).where(_is(codes, code, 3), chosen)
    for operation, table in (("AutoContrast", autocontrast_table), ("Equalize", equalize_table)):
        chosen = table(pixels).where((codes // 2 == OPERATIONS.index(operation))[:, None, None], chosen)
    return chosen


def _is(codes: Tensor, code: int, axes: int = 4) -> Tensor:
    return (codes == code).view(-1, *[1] * (axes - 1))


def _factors(operation: str, magnitude: int) -> tuple[tuple[int, float], tuple[int, float]]:
    """The codes of both directions of an operation that strengthens or weakens, each with its factor."""
    code, change = 2 * OPERATIONS.index(operation), amount(operation, magnitude, 1, 1)
    return (code, 1 + change), (code + 1, 1 - change)


@cache
def _constants(magnitude: int, height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """By code: where each pixel comes from, float64 `(28, 2, 3)`, and what becomes of each byte, uint8 `(28, 256)`."""
    amounts = [
        (operation, sign * amount(operation, magnitude, height, width)) for operation in OPERATIONS for sign in (1, -1)
    ]
    matrices = [inverse_matrix(operation, change, height, width) for operation, change in amounts]
    tables = [fixed_table(operation, change) for operation, change in amounts]
    return torch.tensor(matrices, dtype=torch.float64, device=device), torch.stack(tables).to(device)
