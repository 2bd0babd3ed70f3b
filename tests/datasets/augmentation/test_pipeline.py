"""The augmentation pipeline. Oracle: its steps in the documented order, each of which has its own tests."""

from dataclasses import replace

import pytest
import torch

from Arch.datasets.augmentation.erasing import RandomErasing, cutout
from Arch.datasets.augmentation.mixing import Mixing
from Arch.datasets.augmentation.pipeline import Augmentation
from Arch.datasets.augmentation.rand_augment import RandAugment
from Arch.datasets.augmentation.sample_random import SampleRandom
from Arch.datasets.augmentation.views import apply_views, view_numbers
from Arch.datasets.loading import load
from Arch.datasets.normalization import Normalizer
from Arch.datasets.sources.synthetic import Synthetic
from Arch.errors import DataError

PLAIN = Augmentation(1, horizontal_flip=True)
EVERYTHING = Augmentation(
    1,
    horizontal_flip=True,
    rand_augment=RandAugment(2, 9),
    cutout=2,
    erasing=RandomErasing(0.5, 0.1, 0.4, 0.3),
    is_erased_black=True,
    mixing=Mixing(0.4, 1.0, 0.9, 0.5),
)
MIXUP_ALONE = Augmentation(0, horizontal_flip=False, mixing=Mixing(0.4, 0.0, 1.0, 0.0))


@pytest.fixture
def data():
    return load(Synthetic(classes=4, size=4, channels=3, samples=65), None)


@pytest.fixture
def normalizer(data):
    return Normalizer.of(data.normalization, data.shape)


@pytest.fixture
def random(data):
    return SampleRandom(data.train.sample_ids, 3, 5)


def vectors(data):
    train = replace(data.train, pixels=torch.randn(65, 7, 1, 1))
    return replace(data, name="Spirals", train=train)


def test_the_steps_come_in_the_documented_order(data, normalizer, random):
    pixels = data.train.pixels
    numbers = view_numbers(random.samples, seed=3, epoch=5, padding=1)
    shown = EVERYTHING.rand_augment(apply_views(pixels, numbers, 1), random)
    gone = cutout(random, 2, 4, 4).mask(4, 4) | EVERYTHING.erasing.boxes(random, 4, 4).mask(4, 4)
    erased = torch.where(gone, normalizer(torch.zeros_like(pixels)), normalizer(shown))
    images, partners, shares = EVERYTHING.mixing(erased, random)
    found = EVERYTHING(pixels, random, normalizer)
    torch.testing.assert_close(found.images, images)
    assert (found.partners.tolist(), found.shares.tolist()) == (partners.tolist(), shares.tolist())


def test_erased_pixels_are_the_mean_by_default(data, normalizer, random):
    gone = cutout(random, 3, 4, 4).mask(4, 4).expand(-1, 3, -1, -1)
    assert (replace(PLAIN, cutout=3)(data.train.pixels, random, normalizer).images[gone] == 0).all()


def test_an_augmented_image_depends_on_its_own_sample_only(data, normalizer):
    augmentation, some = replace(EVERYTHING, mixing=None), torch.tensor([40, 3, 7])
    whole = augmentation(data.train.pixels, SampleRandom(torch.arange(65), 3, 5), normalizer)
    part = augmentation(data.train.pixels[some], SampleRandom(some, 3, 5), normalizer)
    torch.testing.assert_close(part.images, whole.images[some])


def test_images_stay_channels_last(data, normalizer, random):
    found = EVERYTHING(data.train.pixels, random, normalizer).images
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_augmentation_does_not_synchronise_with_the_device(data):
    meta = torch.device("meta")  # meta tensors have no values: reading one back raises an error
    random = SampleRandom(data.train.sample_ids.to(meta), 3, 5)
    shown = EVERYTHING(data.train.pixels.to(meta), random, Normalizer.of(data.normalization, data.shape, meta))
    assert shown.images.shape == data.train.pixels.shape
    with pytest.raises(NotImplementedError, match="meta"):
        shown.shares.tolist()


@pytest.mark.parametrize("change", ["rand_augment", "cutout", "erasing", "mixing"])
def test_views_are_numbered_only_if_they_are_countable(change, data, normalizer, random):
    varied = replace(PLAIN, **{change: getattr(EVERYTHING, change)})
    assert (PLAIN.view_count, varied.view_count) == (18, None)
    assert PLAIN(data.train.pixels, random, normalizer).views.max() < 18
    assert varied(data.train.pixels, random, normalizer).views is None


def test_mixup_is_applied_to_vectors(data, random):
    pixels = vectors(data).train.pixels
    MIXUP_ALONE.require_fitting(vectors(data))
    found = MIXUP_ALONE(pixels, random, lambda x: x)
    blend = found.shares[0] * pixels[0] + (1 - found.shares[0]) * pixels[1]
    torch.testing.assert_close(found.images[0], blend)


@pytest.mark.parametrize(
    "change", [{"crop_padding": 1}, {"horizontal_flip": True}, {"cutout": 2}, {"mixing": EVERYTHING.mixing}]
)
def test_other_operations_on_vectors_are_refused(change, data):
    with pytest.raises(DataError, match="a sample of Spirals is a vector of 7 numbers, which Mixup can mix"):
        replace(MIXUP_ALONE, **change).require_fitting(vectors(data))


def test_rand_augment_refuses_four_channels(data):
    four = load(Synthetic(classes=4, size=4, channels=4, samples=65), None)
    PLAIN.require_fitting(four)
    with pytest.raises(DataError, match="uint8 images of 1 or 3 channels, but those of Synthetic have 4 channels"):
        EVERYTHING.require_fitting(four)


def test_rand_augment_refuses_floating_point_pixels(data):
    floats = replace(data, train=replace(data.train, pixels=data.train.pixels.float()))
    PLAIN.require_fitting(floats)
    with pytest.raises(DataError, match="floating-point pixels"):
        EVERYTHING.require_fitting(floats)
