"""Normalisation constants of given networks: customary ones, and those that a run recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from Arch.datasets.normalization import Normalization
from Arch.errors import DataError

# per channel, of pixels in [0, 1]: what torchvision and timm train with, and the population constants of CIFAR-10
CUSTOMARY = {
    "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "CIFAR": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
}
_MAX_CHANNELS = 16  # of recorded constants


def customary(name: str) -> Normalization:
    """Returns the constants called `name`, one of `CUSTOMARY`."""
    return per_channel(*CUSTOMARY[name])


def per_channel(mean: Sequence[float], std: Sequence[float], unit: float = 255.0) -> Normalization:
    """Returns constants for each channel, of pixels that are scaled by 1 / `unit`."""
    means, stds = (torch.tensor(each, dtype=torch.float32).view(-1, 1, 1) for each in (mean, std))
    return Normalization(means, stds, unit)


def recorded(constants: Normalization) -> dict[str, Any] | None:
    """Returns the constants as plain JSON values; None if each pixel has its own, or channels are too many."""
    if constants.mean.dim() != 3 or constants.mean.shape[1:] != (1, 1) or len(constants.mean) > _MAX_CHANNELS:
        return None
    return {
        "mean": constants.mean.flatten().tolist(),
        "std": constants.std.flatten().tolist(),
        "unit": constants.unit,
    }


def restored(record: Mapping[str, Any]) -> Normalization:
    """Returns the constants of a `recorded` value, bit for bit."""
    return per_channel(record["mean"], record["std"], record["unit"])


def require_fitting(constants: Normalization, dataset: str, shape: Sequence[int], unit: float) -> None:
    """Checks that constants can be applied to images of a shape (C, H, W) whose pixels are scaled by 1 / `unit`.

    Raises:
        DataError: the number of channels, the size or the unit (bytes or floats) differs.
    """
    if tuple(constants.mean.shape) not in {(shape[0], 1, 1), tuple(shape)}:
        raise DataError(
            f"the network's normalisation has constants of shape {tuple(constants.mean.shape)}, but an image of "
            f"{dataset} has the shape {tuple(shape)}. Choose NetworkNormalization Dataset, or other data."
        )
    if constants.unit != unit:
        kinds = {255.0: "bytes", 1.0: "floats"}
        raise DataError(
            f"the network's normalisation is for pixels that are {kinds.get(constants.unit)}, but those of {dataset} "
            f"are {kinds.get(unit)}. Choose NetworkNormalization Dataset."
        )
