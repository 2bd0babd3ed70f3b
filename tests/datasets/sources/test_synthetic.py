"""Synthetic images are separable, symmetric and of any shape."""

import itertools

import pytest
import torch

from Arch.datasets.sources.synthetic import Synthetic
from Arch.errors import DataError
from tests.datasets.literal_hash import literal_hash


def test_the_nearest_class_mean_classifies_the_test_samples(root):
    data = Synthetic(classes=10, size=8, channels=3, samples=500)
    train, test = data.read(root, "train"), data.read(root, "test")
    means = torch.stack([train.pixels[train.labels == k].float().mean(dim=0) for k in range(10)])
    guesses = torch.cdist(test.pixels.float().flatten(1), means.flatten(1)).argmin(dim=1)
    assert (guesses == test.labels).float().mean() > 0.98


def test_a_class_is_its_own_mirror_image(root):
    train = Synthetic(classes=2, size=7, channels=1, samples=4000).read(root, "train")
    mean = train.pixels[train.labels == 0].float().mean(dim=0)
    assert torch.allclose(mean, mean.flip(2), atol=5 * 37.2 * (2 / 2000) ** 0.5)


def test_a_pixel_is_the_value_of_its_cell_plus_noise(root):
    images = Synthetic(classes=2, size=5, channels=3, samples=4).read(root, "train")
    cell_of = {0: 0, 1: 0, 2: 1, 3: 2, 4: 3}  # the cell, of four, of each of five pixels
    for (n, c, y, x), counter in zip(itertools.product(range(4), range(3), range(5), range(5)), itertools.count()):
        cell = ((n % 2 * 3 + c) * 4 + cell_of[y]) * 2 + cell_of[min(x, 4 - x)]
        value = 64 + (literal_hash(cell, "synthetic pattern") * 128 >> 32)
        noise = (literal_hash(counter, "synthetic noise/train") * 129 >> 32) - 64
        assert images.pixels[n, c, y, x] == value + noise


def test_classes_alternate_and_each_has_a_test_sample(root):
    data = Synthetic(classes=5, size=2, channels=1, samples=7)
    assert data.read(root, "train").labels.tolist() == [0, 1, 2, 3, 4, 0, 1]
    assert data.read(root, "test").labels.tolist() == [0, 1, 2, 3, 4]


def test_noise_spans_its_whole_range(root):
    train = Synthetic(classes=2, size=8, channels=3, samples=2000).read(root, "train")
    pixels = train.pixels[train.labels == 0].int()
    spread = pixels.amax(dim=0) - pixels.amin(dim=0)
    assert spread.min() >= 120
    assert spread.max() == 128


@pytest.mark.parametrize("parameters", [(1, 8, 3, 8), (4, 0, 3, 8), (4, 8, 0, 8), (9, 8, 3, 8)])
def test_impossible_sizes_are_refused(parameters, root):
    with pytest.raises(DataError, match=r"Synthetic needs .* got SyntheticSize"):
        Synthetic(*parameters).read(root, "train")
