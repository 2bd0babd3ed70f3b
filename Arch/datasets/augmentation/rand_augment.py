"""RandAugment: random operations on each image of a batch, computed for the whole batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor

from Arch.datasets.augmentation.colours import blended, grayscale, sharpened
from Arch.datasets.augmentation.lookup_tables import (
    autocontrast_table,
    contrast_table,
    equalize_table,
    fixed_table,
    look_up,
)
from Arch.datasets.augmentation.sample_random import SampleRandom
from Arch.datasets.augmentation.warping import inverse_matrix, warp
from Arch.datasets.rows import take
from Arch.errors import ShapeError

OPERATIONS = (
    "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
    "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize",
)  # fmt: skip
LARGEST_MAGNITUDE = 30
Operation = Callable[[Tensor, Tensor], Tensor]
Kind = tuple[Tensor, Operation]


@dataclass(frozen=True)
class RandAugment:
    """Applies random `OPERATIONS` to each image, one after the other, at one magnitude and in a random direction.

    Attributes:
        operations: number of operations per image.
        magnitude: in [0, `LARGEST_MAGNITUDE`], the same for all operations.

    Source: Cubuk et al. 2020 (arXiv 1909.13719), with the operations and ranges of torchvision's `RandAugment`:
    31 magnitudes, nearest-neighbour interpolation, fill value 0.
    """

    operations: int
    magnitude: int

    def __call__(self, pixels: Tensor, random: SampleRandom) -> Tensor:
        """Returns the augmented images, uint8 `(B, C, H, W)` with one or three channels."""
        for index in range(self.operations):
            pixels = operate(pixels, random.below(2 * len(OPERATIONS), "operation", index), self.magnitude)
        return pixels


def operate(pixels: Tensor, codes: Tensor, magnitude: int) -> Tensor:
    """Applies to each image the operation of its code.

    Args:
        pixels: uint8 `(B, C, H, W)`, C being 1 or 3.
        codes: int64 `(B,)`, `2 * i` for the operation `OPERATIONS[i]` and `2 * i + 1` for its opposite direction.
        magnitude: in [0, `LARGEST_MAGNITUDE`].

    Returns:
        uint8 `(B, C, H, W)` in channels_last.

    Raises:
        ShapeError: the images are of another shape or type.
    """
    if pixels.dtype != torch.uint8 or pixels.dim() != 4 or pixels.shape[1] not in (1, 3):
        raise ShapeError(
            f"RandAugment needs uint8 images (B, C, H, W) of 1 or 3 channels, got {pixels.dtype} {tuple(pixels.shape)}"
        )
    compute = by_kind if pixels.device.type == "cpu" else all_at_once
    return compute(pixels, codes, _kinds(magnitude, *pixels.shape[2:], pixels.device))


def all_at_once(pixels: Tensor, codes: Tensor, kinds: Sequence[Kind]) -> Tensor:
    """Computes every kind of operation for the whole batch: selecting images by index would synchronise the GPU."""
    operated = pixels
    for wanted, operation in kinds:
        is_wanted = (codes[:, None] == wanted).any(dim=1)
        operated = operation(pixels, codes).where(is_wanted[:, None, None, None], operated)
    return operated


def by_kind(pixels: Tensor, codes: Tensor, kinds: Sequence[Kind]) -> Tensor:
    """Computes every kind of operation only for the images that need it."""
    pieces, positions = [pixels], torch.arange(len(pixels))
    for wanted, operation in kinds:
        rows = torch.isin(codes, wanted).nonzero()[:, 0]
        if len(rows):
            positions[rows] = sum(map(len, pieces)) + torch.arange(len(rows))
            pieces.append(operation(take(pixels, rows), codes[rows]))
    return take(torch.cat(pieces), positions)


def amount(operation: str, magnitude: int, height: int, width: int) -> float:
    """Converts a magnitude to the amount of an operation: slope, pixels, degrees, bits, threshold, or factor minus one.

    The amount is rounded to float32, as in torchvision.
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


@cache
def _kinds(magnitude: int, height: int, width: int, device: torch.device) -> tuple[Kind, ...]:
    """Returns the kinds of operations: the codes of each, on the device, and its function of images and codes."""
    amounts = [
        (operation, sign * amount(operation, magnitude, height, width)) for operation in OPERATIONS for sign in (1, -1)
    ]
    matrices = torch.tensor([inverse_matrix(*each, height, width) for each in amounts], dtype=torch.float64).to(device)
    tables = torch.stack([fixed_table(*each) for each in amounts]).to(device)
    kinds: list[tuple[Sequence[int], Operation]] = [
        (_codes("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate"), lambda x, codes: warp(x, matrices[codes])),
        (_codes("Brightness", "Posterize", "Solarize"), lambda x, codes: look_up(x, tables[codes][:, None])),
        (_codes("AutoContrast"), lambda x, _: look_up(x, autocontrast_table(x))),
        (_codes("Equalize"), lambda x, _: look_up(x, equalize_table(x))),
    ]
    change = amount("Contrast", magnitude, height, width)
    for sign, factor in ((0, 1 + change), (1, 1 - change)):
        for operation, function in (("Contrast", _contrasted), ("Color", _coloured), ("Sharpness", _sharpened)):
            kinds.append(([_codes(operation)[sign]], partial(function, factor)))
    return tuple((torch.tensor(wanted, device=device), operation) for wanted, operation in kinds)


def _contrasted(factor: float, pixels: Tensor, _: Tensor) -> Tensor:
    return look_up(pixels, contrast_table(grayscale(pixels), factor))


def _coloured(factor: float, pixels: Tensor, _: Tensor) -> Tensor:
    return blended(pixels, grayscale(pixels), factor)


def _sharpened(factor: float, pixels: Tensor, _: Tensor) -> Tensor:
    return sharpened(pixels, factor)


def _codes(*operations: str) -> list[int]:
    return [2 * OPERATIONS.index(each) + sign for each in operations for sign in (0, 1)]
