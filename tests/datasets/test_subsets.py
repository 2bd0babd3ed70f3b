"""Subsets are balanced, nested and deterministic; impossible ones are refused."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from Arch.datasets.subsets import balanced_subset, held_out
from Arch.errors import DataError
from tests.datasets.literal_hash import literal_hash

NAMES = ("ant", "bee", "cow")
LABELS = torch.arange(60) % 3


@given(st.integers(3, 60), st.integers(3, 60))
def test_a_smaller_subset_is_contained_in_a_larger(a, b):
    small, large = (balanced_subset(LABELS, n, NAMES).tolist() for n in sorted((a, b)))
    assert set(small) <= set(large)


@given(st.integers(3, 60))
def test_the_first_classes_get_the_remainder(count):
    chosen = balanced_subset(LABELS, count, NAMES)
    sizes = torch.bincount(LABELS[chosen]).tolist()
    assert sizes == [len(range(label, count, 3)) for label in range(3)]
    assert chosen.tolist() == sorted(set(chosen.tolist()))


def test_the_samples_of_a_class_with_the_smallest_hashes_are_chosen():
    expected = [sorted(range(k, 60, 3), key=lambda i: literal_hash(i, "subset"))[:4] for k in range(3)]
    chosen = balanced_subset(LABELS, 12, NAMES)
    assert chosen.tolist() == sorted(i for of_class in expected for i in of_class)
    out = [sorted(of_class, key=lambda i: literal_hash(i, "validation"))[:1] for of_class in expected]
    assert held_out(LABELS, chosen, 0.25, NAMES)[1].tolist() == sorted(i for of_class in out for i in of_class)


def test_minus_one_chooses_all_samples():
    assert balanced_subset(LABELS, -1, NAMES).tolist() == list(range(60))


def test_a_subset_is_spread_over_all_samples():
    chosen = balanced_subset(torch.arange(3000) % 3, 300, NAMES).double()
    assert abs(chosen.mean() - 1499.5) < 5 * 866 / 300**0.5  # uniform over 0..2999 has standard deviation 866


@pytest.mark.parametrize("count", [2, 0, -2])
def test_fewer_samples_than_classes_are_refused(count):
    with pytest.raises(DataError, match=f"TrainSamples is {count}, but there are 3 classes"):
        balanced_subset(LABELS, count, NAMES)


def test_too_many_samples_are_refused():
    with pytest.raises(DataError, match=r"TrainSamples is 61, but there are only 60"):
        balanced_subset(LABELS, 61, NAMES)


def test_a_class_too_small_for_its_share_is_named():
    labels = torch.tensor([0] * 10 + [1] * 2 + [2] * 10)
    with pytest.raises(DataError, match=r"needs 3 samples of class 'bee', which has 2: choose at most 6"):
        balanced_subset(labels, 9, NAMES)


@given(st.floats(0.05, 0.94), st.sampled_from([30, 45, 60]))
def test_validation_is_held_out_of_each_class(fraction, count):
    chosen = balanced_subset(LABELS, count, NAMES)
    train, validation = held_out(LABELS, chosen, fraction, NAMES)
    assert sorted(train.tolist() + validation.tolist()) == chosen.tolist()
    each = int(fraction * (count // 3) + 0.5)
    assert torch.bincount(LABELS[validation]).tolist() == [each] * 3


def test_without_validation_all_samples_are_kept():
    train, validation = held_out(LABELS, torch.arange(60), 0.0, NAMES)
    assert train.tolist() == list(range(60))
    assert len(validation) == 0


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_a_class_left_empty_by_validation_is_named(fraction):
    with pytest.raises(DataError, match=rf"Validation {fraction} holds out \d+ of the 20 .* class 'ant'"):
        held_out(LABELS, torch.arange(60), fraction, NAMES)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_an_invalid_validation_fraction_is_refused(fraction):
    with pytest.raises(DataError, match=r"expected a fraction"):
        held_out(LABELS, torch.arange(60), fraction, NAMES)
