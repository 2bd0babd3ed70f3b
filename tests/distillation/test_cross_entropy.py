"""Oracle: the definition, summed class by class in literal loops."""

import math

import pytest
import torch

from Arch.distillation.cross_entropy import CrossEntropy, cross_entropy
from Arch.errors import ShapeError
from Arch.types import Batch, Trace

LOGITS = [[2.0, -1.0, 0.5], [0.0, 3.0, -2.0]]
LABELS = [2, 0]


def expected(smoothing):
    total = 0.0
    for row, label in zip(LOGITS, LABELS, strict=True):
        normaliser = math.log(sum(math.exp(z) for z in row))
        for k, z in enumerate(row):
            target = (1 - smoothing) * (k == label) + smoothing / len(row)
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
