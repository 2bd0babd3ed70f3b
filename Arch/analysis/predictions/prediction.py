"""Measures of predictions on a whole split, all computed in float64."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from Arch.errors import ShapeError

CALIBRATION_BINS = 15


def top1_accuracy(logits: Tensor, labels: Tensor) -> Tensor:
    """Computes the fraction of examples whose highest logit is at the label.

    Args:
        logits: `(N, K)`; the first class counts among equal highest logits.
        labels: `(N,)` int64 in [0, K).

    Returns:
        Scalar in [0, 1].

    Raises:
        ShapeError: the shapes do not match.
    """
    _require_labelled(logits, labels)
    return (logits.argmax(dim=1) == labels).double().mean()


def negative_log_likelihood(logits: Tensor, labels: Tensor) -> Tensor:
    """Computes the cost of coding the labels with the predicted distribution, in nats per example.

    Args:
        logits: `(N, K)`.
        labels: `(N,)` int64 in [0, K).

    Returns:
        Scalar >= 0: mean_n -log softmax(logits_n)_{label_n}.

    Raises:
        ShapeError: the shapes do not match.
    """
    _require_labelled(logits, labels)
    return F.cross_entropy(logits.double(), labels)


def expected_calibration_error(logits: Tensor, labels: Tensor, bins: int = CALIBRATION_BINS) -> Tensor:
    """Computes the mean gap between the confidence of predictions and their accuracy.

    Args:
        logits: `(N, K)`.
        labels: `(N,)` int64 in [0, K).
        bins: M >= 1 equal-width bins ((m-1)/M, m/M] of confidence, the highest softmax probability.

    Returns:
        Scalar in [0, 1]: sum_m |B_m|/N |accuracy(B_m) - confidence(B_m)|.

    Raises:
        ShapeError: the shapes do not match.

    Source: Guo et al., ICML 2017 (arXiv 1706.04599), equation 3, with the M = 15 bins of their table 1.
    """
    _require_labelled(logits, labels)
    confidence, predicted = F.softmax(logits.double(), dim=1).max(dim=1)
    edges = torch.arange(1, bins, device=logits.device, dtype=torch.float64) / bins
    # |B_m| (accuracy(B_m) - confidence(B_m)) is the sum over B_m of (is right - confidence).
    gaps = torch.zeros(bins, device=logits.device, dtype=torch.float64)
    gaps.index_add_(0, torch.bucketize(confidence, edges), (predicted == labels).double() - confidence)
    return gaps.abs().sum() / len(labels)


def agreement(student: Tensor, teacher: Tensor) -> Tensor:
    """Computes the fraction of examples for which both networks predict the same class.

    Args:
        student: logits `(N, K)`.
        teacher: logits `(N, K)` of the same examples.

    Returns:
        Scalar in [0, 1].

    Raises:
        ShapeError: the shapes differ.

    Source: Stanton et al., NeurIPS 2021 (arXiv 2106.05945), their average top-1 agreement.
    """
    _require_same_shape(student, teacher)
    return (student.argmax(dim=1) == teacher.argmax(dim=1)).double().mean()


def kl_to_teacher(student: Tensor, teacher: Tensor) -> Tensor:
    """Computes the KL divergence from the student's to the teacher's prediction, in nats per example, at temperature 1.

    Args:
        student: logits `(N, K)`.
        teacher: logits `(N, K)` of the same examples.

    Returns:
        Scalar >= 0: KL(teacher || student) = mean_n sum_k p_t (log p_t - log p_s).

    Raises:
        ShapeError: the shapes differ.

    Source: Stanton et al., NeurIPS 2021 (arXiv 2106.05945), their average predictive KL.
    """
    _require_same_shape(student, teacher)
    log_student, log_teacher = F.log_softmax(student.double(), dim=1), F.log_softmax(teacher.double(), dim=1)
    return F.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True)


def _require_labelled(logits: Tensor, labels: Tensor) -> None:
    if logits.ndim != 2 or not len(logits) or labels.shape != logits.shape[:1]:
        raise ShapeError(
            "logits must be (N, K) and labels (N,) of the same N >= 1 examples; "
            f"the logits are {tuple(logits.shape)}, the labels {tuple(labels.shape)}."
        )


def _require_same_shape(student: Tensor, teacher: Tensor) -> None:
    if student.ndim != 2 or not len(student) or student.shape != teacher.shape:
        raise ShapeError(
            "student and teacher logits must have one shape (N, K); "
            f"the student's are {tuple(student.shape)}, the teacher's {tuple(teacher.shape)}."
        )
