"""The spirals against their definition, written as loops over arms, radii and classes."""

import math

import numpy as np
import pytest
import torch

from Arch.datasets.loading import load
from Arch.datasets.sources.spirals import Spirals
from Arch.errors import DataError

FULL = Spirals(4, 7, 1000, "standard")
PARTS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def parts():
    return {name: FULL.part(name) for name in PARTS}


def literal(spirals, classes, radii):
    """Computes points and classes, arm by arm, with the generator whose stream NumPy guarantees."""
    generator = np.random.RandomState(42)
    arms = spirals * classes
    points = []
    for arm in range(arms):
        for j in range(radii):
            radius = 1 + 9 * j / (radii - 1)
            u = generator.uniform(-0.75, 0.75)
            angle = 0.1 * math.pi * radius / classes + 2 * math.pi * arm / arms + u * math.pi / arms
            points.append((radius * math.cos(angle), radius * math.sin(angle)))
    labels = []
    for _ in range(spirals):
        others = generator.permutation(list(range(1, classes)))
        for arm in range(classes):
            labels += [0 if arm == 0 else others[arm - 1]] * radii
    return np.array(points), np.array(labels)


def sorted_rows(points, labels):
    rows = np.column_stack([points, labels])
    return rows[np.lexsort(rows.T)]


def everything(dataset):
    found = [dataset.part(name) for name in PARTS]
    points = torch.cat([each.pixels[:, :, 0, 0] for each in found]).numpy()
    return sorted_rows(points, torch.cat([each.labels for each in found]).numpy())


def test_all_points_equal_those_of_the_definition():
    expected = sorted_rows(*literal(2, 3, 20))
    np.testing.assert_allclose(everything(Spirals(2, 3, 20, "standard")), expected, atol=2e-6)


def test_the_parts_have_the_sizes_of_the_source(parts):
    assert [len(parts[name]) for name in PARTS] == [14_000, 7_000, 7_000]
    assert parts["train"].labels.bincount().tolist() == [2000] * 7
    assert parts["test"].labels.bincount().tolist() == [1000] * 7


def test_radii_range_from_one_to_ten(parts):
    radius = parts["train"].pixels.squeeze().norm(dim=1)
    assert radius.min().item() == pytest.approx(1, abs=0.01)
    assert radius.max().item() == pytest.approx(10, abs=0.01)


def test_the_split_equals_that_of_scikit_learn(parts):
    from sklearn.model_selection import train_test_split

    points, labels = literal(4, 7, 1000)
    x, rest, y, rest_y = train_test_split(points, labels, test_size=0.5, random_state=42, stratify=labels)
    _, x_test, _, y_test = train_test_split(rest, rest_y, test_size=0.5, random_state=42, stratify=rest_y)
    np.testing.assert_allclose(parts["train"].pixels.squeeze(), x, atol=2e-6)
    np.testing.assert_allclose(parts["test"].pixels.squeeze(), x_test, atol=2e-6)
    assert (parts["train"].labels.tolist(), parts["test"].labels.tolist()) == (y.tolist(), y_test.tolist())


@pytest.mark.parametrize("modality", ["interpolation", "extrapolation"])
def test_a_modality_and_the_points_that_it_leaves_out_are_all_points(modality):
    dataset = Spirals(4, 7, 1000, modality, 4.0, 7.0)
    inside = torch.cat([dataset.part(name).pixels for name in PARTS]).squeeze().norm(dim=1)
    outside = dataset.left_out().pixels.squeeze().norm(dim=1)
    middle, rest = (outside, inside) if modality == "interpolation" else (inside, outside)
    # radii 4 and 7 are among the thousand, and belong to both modalities
    assert len(middle) == 28 * (334 if modality == "extrapolation" else 332)
    assert len(middle) + len(rest) == 28_000
    assert 3.9999 < middle.min() <= middle.max() < 7.0001
    assert not ((rest > 4.0001) & (rest < 6.9999)).any()


def test_spirals_are_loaded_as_vectors_of_two_numbers(root):
    data = load(Spirals(2, 3, 20, "standard"), root, validation=0.5)
    assert (data.shape, len(data.classes)) == ((2, 1, 1), 3)
    assert (len(data.train), len(data.validation), len(data.test)) == (30, 30, 30)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (Spirals(4, 7, 100, "extrapolation", 11.0, 12.0), r"leaves no train points of some class: radii are from 1 to"),
        (Spirals(4, 7, 100, "interpolation", 7.0, 4.0), r"SpiralsMinRadius is 7.0, which is more than SpiralsMaxRadi"),
    ],
)
def test_invalid_radii_are_refused(dataset, message):
    with pytest.raises(DataError, match=message):
        dataset.part("train")


def test_left_out_points_are_an_error_if_there_are_none():
    with pytest.raises(DataError, match=r"SpiralsModality standard leaves out no point"):
        FULL.left_out()
