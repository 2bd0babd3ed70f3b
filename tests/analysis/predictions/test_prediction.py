"""Oracles: literal loops over examples, classes and bins; closed forms."""

import math

import pytest
import torch

from Arch.analysis.predictions.prediction import (
    agreement,
    expected_calibration_error,
    kl_to_teacher,
    negative_log_likelihood,
    top1_accuracy,
)
from Arch.errors import ShapeError


@pytest.fixture
def logits():
    return 2 * torch.randn(200, 5, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def labels(logits):
    """Drawn from the predictions themselves, so that confidence is too high in some bins and too low in others."""
    return torch.multinomial(logits.softmax(1), 1, generator=torch.Generator().manual_seed(1)).flatten()


def softmax(row):
    powers = [math.exp(z) for z in row]
    return [power / sum(powers) for power in powers]


def test_accuracy_counts_the_labels_with_the_highest_logit(logits, labels):
    right = 0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        right += row.index(max(row)) == label
    assert top1_accuracy(logits, labels).item() == right / 200


def test_the_likelihood_is_the_mean_negative_log_probability_of_the_labels(logits, labels):
    total = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        total -= math.log(softmax(row)[label])
    assert negative_log_likelihood(logits, labels).item() == pytest.approx(total / 200, rel=1e-9)


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_calibration_error_is_the_weighted_gap_over_equal_bins(logits, labels, bins):
    error = 0.0
    for m in range(1, bins + 1):
        inside = []
        for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
            confidence = max(softmax(row))
            if (m - 1) / bins < confidence <= m / bins:
                inside.append((row.index(max(row)) == label, confidence))
        if inside:
            accuracy = sum(right for right, _ in inside) / len(inside)
            confidence = sum(confidence for _, confidence in inside) / len(inside)
            error += len(inside) / 200 * abs(accuracy - confidence)
    assert expected_calibration_error(logits, labels, bins).item() == pytest.approx(error, rel=1e-9)


def test_there_are_fifteen_bins_by_default(logits, labels):
    assert expected_calibration_error(logits, labels) == expected_calibration_error(logits, labels, 15)
    assert expected_calibration_error(logits, labels) != expected_calibration_error(logits, labels, 14)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    # confidences 1/2 (right) and about 0.54 (wrong): one of two bins each, or both in the upper one
    logits = torch.tensor([[0.0, 0.0], [0.16, 0.0]], dtype=torch.float64)
    labels = torch.tensor([0, 1])
    confident = 1 / (1 + math.exp(-0.16))
    assert expected_calibration_error(logits, labels, 2).item() == pytest.approx((0.5 + confident) / 2)


def test_agreement_counts_equal_predictions():
    student = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [3.0, 1.0]])
    teacher = torch.tensor([[9.0, 0.0], [1.0, 0.0], [0.0, 5.0], [2.0, 1.0]])
    assert agreement(student, teacher).item() == 0.75


def test_the_divergence_is_the_teachers_from_the_students_prediction(logits):
    teacher = logits.flip(0)
    total = 0.0
    for ours, theirs in zip(logits.tolist(), teacher.tolist(), strict=True):
        for p_s, p_t in zip(softmax(ours), softmax(theirs), strict=True):
            total += p_t * (math.log(p_t) - math.log(p_s))
    assert kl_to_teacher(logits, teacher).item() == pytest.approx(total / 200, rel=1e-9)


def test_the_divergence_is_not_symmetric():
    flat, sharp = torch.tensor([[0.0, 0.0]]), torch.tensor([[5.0, 0.0]])
    entropy_gap = math.log(2) - sum(-p * math.log(p) for p in softmax([5.0, 0.0]))
    assert kl_to_teacher(flat, sharp).item() == pytest.approx(entropy_gap, rel=1e-9)
    assert kl_to_teacher(sharp, flat).item() > 1


@pytest.mark.parametrize("measure", [top1_accuracy, negative_log_likelihood, expected_calibration_error])
def test_labels_of_other_examples_are_refused(measure):
    with pytest.raises(ShapeError, match=r"\(3, 2\).*\(2,\)"):
        measure(torch.zeros(3, 2), torch.zeros(2, dtype=torch.int64))


@pytest.mark.parametrize("measure", [agreement, kl_to_teacher])
def test_logits_of_other_examples_are_refused(measure):
    with pytest.raises(ShapeError, match=r"\(3, 2\).*\(1, 2\)"):
        measure(torch.zeros(3, 2), torch.zeros(1, 2))
