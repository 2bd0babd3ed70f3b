"""Cross-entropy with the labels, optionally smoothed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from Arch.distillation import METHODS
from Arch.distillation.loss_term import require_labelled_logits
from Arch.tensors import Batch, Trace


def cross_entropy(logits: Tensor, labels: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Computes the cost of coding the labels with the predicted distribution, in nats.

    Args:
        logits: `(B, K)`.
        labels: `(B,)` int64 in [0, K).
        label_smoothing: e in [0, 1); the target is 1 - e + e/K on the label and e/K on every other class.

    Returns:
        Scalar: mean over the batch of -sum_k target_k log softmax(logits)_k.

    Raises:
        ShapeError: the logits are not `(B, K)` or the labels not `(B,)`.

    Source: Szegedy et al., CVPR 2016 (arXiv 1512.00567), section 7, for the smoothing with a uniform prior.
    """
    require_labelled_logits(logits, labels)
    return F.cross_entropy(logits, labels, label_smoothing=label_smoothing)


def mixed_cross_entropy(
    logits: Tensor, labels: Tensor, partners: Tensor, shares: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Computes the cross-entropy with two labels per example, weighted by their shares; both are smoothed alike.

    Cross-entropy is linear in its target, so this is the cross-entropy with the mixed smoothed target.

    Args:
        logits: `(B, K)`.
        labels: `(B,)` int64 in [0, K).
        partners: `(B,)` int64, the other labels.
        shares: `(B,)` in [0, 1], the share of `labels`; that of `partners` is the rest.
        label_smoothing: as in `cross_entropy`.

    Returns:
        Scalar: mean_b [s_b CE(logits_b, labels_b) + (1 - s_b) CE(logits_b, partners_b)].

    Raises:
        ShapeError: the logits are not `(B, K)` or one of the others not `(B,)`.

    Source: Zhang et al., ICLR 2018 (arXiv 1710.09412), section 2, for the mixed target.
    """
    for each in (labels, partners, shares):
        require_labelled_logits(logits, each)
    own = F.cross_entropy(logits, labels, label_smoothing=label_smoothing, reduction="none")
    other = F.cross_entropy(logits, partners, label_smoothing=label_smoothing, reduction="none")
    return (shares * own + (1 - shares) * other).mean()


@METHODS.register("CrossEntropy")
@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy with the labels, smoothed by `label_smoothing` in [0, 1); of mixed examples with both labels."""

    switch_key: ClassVar[str] = "UseCELoss"
    weight_key: ClassVar[str] = "CELossWeight"

    label_smoothing: float

    def __call__(self, batch: Batch, student: Trace, teacher: Trace | None) -> Tensor:  # noqa: ARG002 - a LossTerm
        """Returns the student's cross-entropy on the batch; the teacher is ignored."""
        partners = batch.partner_labels
        if partners is None or batch.shares is None:
            return cross_entropy(student.logits, batch.labels, self.label_smoothing)
        return mixed_cross_entropy(student.logits, batch.labels, partners, batch.shares, self.label_smoothing)
