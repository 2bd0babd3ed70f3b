"""The augmentation of a config."""

import pytest

from Arch.datasets.augmentation.erasing import RandomErasing
from Arch.datasets.augmentation.mixing import Mixing
from Arch.datasets.augmentation.pipeline import Augmentation
from Arch.datasets.augmentation.rand_augment import RandAugment
from Arch.errors import ConfigError
from Arch.training.fit.augmentation import augmentation_of


def test_a_config_without_augmentation_has_none(resolver, tiny):
    assert augmentation_of(resolver.resolve(tiny)) is None


def test_defaults_are_pad_crop_and_flip(resolver, tiny):
    config = resolver.resolve({**tiny, "DataAugmentation": True})
    assert augmentation_of(config) == Augmentation(4, horizontal_flip=True)


def test_every_augmentation_key_is_used(resolver, tiny):
    keys = {"CropPadding": 1, "RandAugment": 2, "Cutout": 2, "RandomErasing": 0.5, "ErasingMinArea": 0.1}
    keys |= {"ErasingMaxArea": 0.4, "ErasingValue": "Black", "Mixup": 0.4, "CutMix": 1.0, "MixProbability": 0.9}
    assert augmentation_of(resolver.resolve({**tiny, "DataAugmentation": True, **keys})) == Augmentation(
        1,
        horizontal_flip=True,
        rand_augment=RandAugment(2, 9),
        cutout=2,
        erasing=RandomErasing(0.5, 0.1, 0.4, 0.3),
        is_erased_black=True,
        mixing=Mixing(0.4, 1.0, 0.9, 0.5),
    )


def test_an_empty_range_of_areas_is_refused(resolver, tiny):
    config = resolver.resolve({**tiny, "DataAugmentation": True, "RandomErasing": 0.5, "ErasingMinArea": 0.5})
    with pytest.raises(ConfigError, match=r"ErasingMinArea is 0.5 and ErasingMaxArea 0.33"):
        augmentation_of(config)
