"""Constants against float64 NumPy over all pixels; the arithmetic against its definition."""

import numpy as np
import pytest
import torch

from Arch.datasets.normalization import Normalization, Normalizer, Renormalizer, constants_of
from Arch.errors import ShapeError, UnknownNameError


@pytest.fixture(scope="module")
def pixels():
    generator = torch.Generator().manual_seed(0)
    return (torch.randint(0, 256, (700, 3, 5, 4), generator=generator) // torch.tensor([1, 2, 7]).view(3, 1, 1)).byte()


@pytest.mark.parametrize(("kind", "axes"), [("MeanVar", (0, 2, 3)), ("Elementwise", (0,))])
def test_constants_equal_those_of_a_float64_copy(pixels, kind, axes):
    constants = constants_of(pixels, kind)
    x = pixels.numpy().astype(np.float64) / 255
    np.testing.assert_allclose(constants.mean.squeeze(), x.mean(axis=axes), rtol=1e-6)
    np.testing.assert_allclose(constants.std.squeeze(), x.std(axis=axes), rtol=1e-6)


def test_sums_of_extreme_bytes_stay_exact():
    pixels = torch.full((1027, 1, 1, 1), 255, dtype=torch.uint8)
    pixels[0] = 254
    constants = constants_of(pixels, "MeanVar")
    p = 1 / 1027  # one of 1027 differs by one: variance p (1 - p)
    assert constants.std.item() * 255 == pytest.approx((p * (1 - p)) ** 0.5, rel=1e-5)


def test_without_normalization_pixels_are_scaled_to_zero_to_one(pixels):
    constants = constants_of(pixels, "None")
    assert torch.equal(Normalizer.of(constants, (3, 5, 4))(pixels), pixels.float() * (1 / 255))


def test_a_constant_channel_is_divided_by_one():
    pixels = torch.full((10, 1, 2, 2), 51, dtype=torch.uint8)
    for kind in ("MeanVar", "Elementwise"):
        constants = constants_of(pixels, kind)
        assert torch.equal(constants.std, torch.ones_like(constants.std))
        out = Normalizer.of(constants, (1, 2, 2))(torch.full((1, 1, 2, 2), 102, dtype=torch.uint8))
        assert torch.allclose(out, torch.full_like(out, 0.2))


@pytest.mark.parametrize("kind", ["MeanVar", "Elementwise"])
def test_normalized_training_pixels_have_mean_zero_and_variance_one(pixels, kind):
    constants = constants_of(pixels, kind)
    out = Normalizer.of(constants, (3, 5, 4))(pixels).double()
    axes = (0, 2, 3) if kind == "MeanVar" else (0,)
    assert out.mean(dim=axes).abs().max() < 1e-5
    assert (out.var(dim=axes, correction=0) - 1).abs().max() < 1e-4


@pytest.mark.parametrize("size", [(3, 1, 1), (3, 5, 4)])
def test_a_normalizer_follows_the_definition_in_channels_last(pixels, size):
    generator = torch.Generator().manual_seed(1)
    mean, std = torch.rand(size, generator=generator), torch.rand(size, generator=generator) + 0.1
    out = Normalizer.of(Normalization(mean, std), (3, 5, 4))(pixels)
    expected = (pixels.double() / 255 - mean) / std
    assert out.dtype == torch.float32
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out.double(), expected, rtol=0, atol=2e-6)


def test_an_unknown_kind_is_refused(pixels):
    with pytest.raises(UnknownNameError, match=r"Did you mean 'MeanVar'"):
        constants_of(pixels, "MeanVr")


def test_constants_of_another_shape_are_refused(pixels):
    constants = constants_of(pixels, "Elementwise")
    with pytest.raises(ShapeError, match=r"do not fit"):
        Normalizer.of(constants, (3, 8, 8))


@pytest.mark.parametrize(("one", "other"), [("MeanVar", "None"), ("None", "Elementwise"), ("Elementwise", "MeanVar")])
def test_renormalised_images_are_those_of_the_other_constants(pixels, one, other):
    first, second = (constants_of(pixels, kind) for kind in (one, other))
    x = Normalizer.of(first, (3, 5, 4))(pixels)
    found = Renormalizer.between(first, second, "cpu")(x)
    expected = (pixels.double() / 255 - second.mean.double()) / second.std.double()
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=2e-6)
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_equal_constants_need_no_conversion(pixels):
    assert Renormalizer.between(constants_of(pixels, "MeanVar"), constants_of(pixels, "MeanVar"), "cpu") is None


def test_constants_for_pixels_of_another_unit_are_refused(pixels):
    bytes_, floats = constants_of(pixels, "MeanVar"), constants_of(pixels.float(), "MeanVar")
    with pytest.raises(ShapeError, match="unit 255 and 1"):
        Renormalizer.between(bytes_, floats, "cpu")
