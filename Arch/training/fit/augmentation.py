"""Chooses the augmentation of the training images from a config."""

from __future__ import annotations

from Arch.config.config import Config
from Arch.datasets.augmentation.erasing import RandomErasing
from Arch.datasets.augmentation.mixing import Mixing
from Arch.datasets.augmentation.pipeline import Augmentation
from Arch.datasets.augmentation.rand_augment import RandAugment
from Arch.errors import ConfigError


def augmentation_of(config: Config) -> Augmentation | None:
    """Builds the augmentation of a config; None if `DataAugmentation` is off.

    Raises:
        ConfigError: its values contradict each other.
    """
    if not config["DataAugmentation"]:
        return None
    erases = config["Cutout"] or config["RandomErasing"]
    return Augmentation(
        crop_padding=config["CropPadding"],
        horizontal_flip=config["HorizontalFlip"],
        rand_augment=RandAugment(config["RandAugment"], config["RandAugmentMagnitude"])
        if config["RandAugment"]
        else None,
        cutout=config["Cutout"],
        erasing=_erasing_of(config) if config["RandomErasing"] else None,
        is_erased_black=bool(erases) and config["ErasingValue"] == "Black",
        mixing=_mixing_of(config) if config["Mixup"] or config["CutMix"] else None,
    )


def _erasing_of(config: Config) -> RandomErasing:
    least, most = config["ErasingMinArea"], config["ErasingMaxArea"]
    if least > most:
        raise ConfigError(f"ErasingMinArea is {least} and ErasingMaxArea {most}; the former has to be the smaller one.")
    return RandomErasing(config["RandomErasing"], least, most, config["ErasingMinAspect"])


def _mixing_of(config: Config) -> Mixing:
    mixup, cutmix = config["Mixup"], config["CutMix"]
    cutmix_share = config["CutMixShare"] if mixup and cutmix else float(cutmix > 0)
    return Mixing(mixup, cutmix, config["MixProbability"], cutmix_share)
