"""Normalisation constants of given networks: customary ones, and those that a run recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalization, constants_of
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


def chosen_constants(choice: str, dataset: ImageData, key: str) -> Normalization:
    """Returns the constants that normalise a dataset's images, by the value of a key.

    Args:
        choice: one of `CUSTOMARY`; `None` for pixels in [0, 1]; any other value for the constants of the dataset.
        dataset: the images.
        key: the config's key, for messages.

    Raises:
        DataError: the constants cannot be applied to such images.
    """
    if choice == "None":
        return constants_of(dataset.train.pixels[:0], "None")
    constants = customary(choice) if choice in CUSTOMARY else dataset.normalization
    _require_fitting(constants, dataset, key)
    return constants


def own_constants(own: Normalization | None, dataset: ImageData, key: str) -> Normalization:
    """Returns a network's own constants for a dataset's images.

    Where they are unknown, or are for images of other channels or size, so that the first layer of a network for these
    images is a new one, the constants of the dataset are returned.

    Raises:
        DataError: they are for pixels of another kind (bytes or floats).
    """
    if own is None or not _has_shape_for(own, dataset):
        return dataset.normalization
    _require_fitting(own, dataset, key)
    return own


def _has_shape_for(constants: Normalization, dataset: ImageData) -> bool:
    return tuple(constants.mean.shape) in {(dataset.shape[0], 1, 1), dataset.shape}


def _require_fitting(constants: Normalization, dataset: ImageData, key: str) -> None:
    if not _has_shape_for(constants, dataset):
        raise DataError(
            f"the network's normalisation has constants of shape {tuple(constants.mean.shape)}, but an image of "
            f"{dataset.name} has the shape {dataset.shape}. Choose {key} Dataset, or other data."
        )
    unit = dataset.normalization.unit
    if constants.unit != unit:
        kinds = {255.0: "bytes", 1.0: "floats"}
        raise DataError(
            f"the network's normalisation is for pixels that are {kinds.get(constants.unit)}, but those of "
            f"{dataset.name} are {kinds.get(unit)}. Choose {key} Dataset."
        )
