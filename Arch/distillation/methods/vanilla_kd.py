"""Hinton's distillation: the student learns the teacher's softened prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from Arch.distillation import METHODS
from Arch.distillation.logit_standardisation import standardise
from Arch.distillation.loss_term import require_same_shape
from Arch.errors import TrainingError
from Arch.tensors import Batch, Trace


def hinton_kl(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Computes the KL divergence from the student's to the teacher's softened prediction, in nats.

    Args:
        student: logits `(B, K)`.
        teacher: logits `(B, K)` of the same examples.
        temperature: T > 0; both predictions are p = softmax(z / T).

    Returns:
        Scalar: mean_b sum_k p_t (log p_t - log p_s). Zero where the predictions agree.

    Raises:
        ShapeError: the shapes differ.

    Source: Hinton, Vinyals & Dean 2015 (arXiv 1503.02531), section 2. Deviation: their factor T^2, which keeps
    the gradient's size independent of T, is left to the term's weight (`LGLossWeight`, 16 = T^2 at T = 4).
    """
    require_same_shape(student, teacher)
    log_student = F.log_softmax(student / temperature, dim=1)
    log_teacher = F.log_softmax(teacher / temperature, dim=1)
    return F.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True)


@METHODS.register("VanillaKD")
@dataclass(frozen=True)
class VanillaKD:
    """Hinton's KL at `temperature`; `normalize_logits` standardises both networks' logits first."""

    switch_key: ClassVar[str] = "VanillaKD"
    weight_key: ClassVar[str] = "LGLossWeight"

    temperature: float
    normalize_logits: bool

    def __call__(self, batch: Batch, student: Trace, teacher: Trace | None) -> Tensor:  # noqa: ARG002 - a LossTerm
        """Returns the KL divergence from the student's to the teacher's prediction on the batch.

        Raises:
            TrainingError: there is no teacher.
        """
        if teacher is None:
            raise TrainingError("VanillaKD compares a student with a teacher, but no teacher was given.")
        student_logits, teacher_logits = student.logits, teacher.logits
        if self.normalize_logits:
            student_logits, teacher_logits = standardise(student_logits), standardise(teacher_logits)
        return hinton_kl(student_logits, teacher_logits, self.temperature)
