"""Oracle: the definition, summed class by class in literal loops."""

import math

import pytest
import torch

from Arch.distillation.methods.cross_entropy import CrossEntropy, cross_entropy, mixed_cross_entropy
from Arch.errors import ShapeError
from Arch.tensors import Batch, Trace

LOGITS = [[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]]
LABELS = [2, 0]


def expected(smoothing, shares=(1.0, 1.0)):
    """Each example's label has its share, the other example's the rest."""
    total = 0.0
    for row, label, partner, share in zip(LOGITS, LABELS, reversed(LABELS), shares, strict=True):
        normaliser = math.log(sum(math.exp(z) for z in row))
        for k, z in enumerate(row):
            label_share = share * (k == label) + (1 - share) * (k == partner)
            target = (1 - smoothing) * label_share + smoothing / len(row)
            total -= target * (z - normaliser)
    return total / len(LOGITS)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_cross_entropy_is_the_mean_of_the_smoothed_definition(smoothing):
    found = cross_entropy(torch.tensor(LOGITS, dtype=torch.float64), torch.tensor(LABELS), smoothing)
    assert found.item() == pytest.approx(expected(smoothing), rel=1e-12)


def test_the_term_reads_the_students_logits_and_no_teacher():
    logits, labels = torch.tensor(LOGITS, dtype=torch.float64), torch.tensor(LABELS)
    batch = Batch(torch.zeros(2, 1), torch.zeros(2, 1), labels, torch.arange(2))
    assert CrossEntropy(0.1)(batch, Trace(logits), None).item() == pytest.approx(expected(0.1))


def test_labels_of_another_batch_are_refused_with_both_shapes():
    with pytest.raises(ShapeError, match=r"\(2, 3\).*\(1,\)"):
        cross_entropy(torch.zeros(2, 3), torch.zeros(1, dtype=torch.int64))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_a_mixed_example_is_coded_by_the_smoothed_mixture_of_both_labels(smoothing):
    logits, labels = torch.tensor(LOGITS, dtype=torch.float64), torch.tensor(LABELS)
    rows, shares = torch.tensor([1, 0]), torch.tensor([0.7, 0.25], dtype=torch.float64)
    images = torch.zeros(2, 1)
    batch = Batch(images, images, labels, torch.arange(2), None, rows, shares)
    found = CrossEntropy(smoothing)(batch, Trace(logits), None)
    assert found.item() == pytest.approx(expected(smoothing, (0.7, 0.25)), rel=1e-12)


def test_shares_of_another_batch_are_refused_with_both_shapes():
    labels = torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ShapeError, match=r"\(2, 3\).*\(1,\)"):
        mixed_cross_entropy(torch.zeros(2, 3), labels, labels, torch.ones(1))


def test_the_label_with_the_larger_share_counts_as_right():
    images, labels = torch.zeros(3, 1), torch.tensor([5, 6, 7])
    rows, shares = torch.tensor([1, 2, 0]), torch.tensor([0.4, 0.5, 0.9])
    mixed = Batch(images, images, labels, torch.arange(3), None, rows, shares)
    assert mixed.larger_labels.tolist() == [6, 6, 7]
    assert Batch(images, images, labels, torch.arange(3)).larger_labels is labels
