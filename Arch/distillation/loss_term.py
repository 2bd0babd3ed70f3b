"""The protocol of loss terms: functions of a batch and the networks' outputs that return a scalar."""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor

from Arch.errors import ShapeError
from Arch.tensors import Batch, Trace


class LossTerm(Protocol):
    """One summand of an objective, without its weight, which the objective applies.

    A term without state is a frozen dataclass; one that learns or keeps state is an `nn.Module`, whose parameters are
    trained with the student's. All of its state must be in its `state_dict` (a persistent buffer, or
    `get_extra_state`), because an interrupted run resumes from there.

    Attributes:
        switch_key: the config key that enables it.
        weight_key: the config key of its weight.
    """

    switch_key: ClassVar[str]
    weight_key: ClassVar[str]

    def __call__(self, batch: Batch, student: Trace, teacher: Trace | None) -> Tensor:
        """Returns the term's value on a batch, a scalar: the mean over the batch's examples.

        Args:
            batch: the examples, on the device.
            student: the student's outputs for `batch.images`; logits in float32.
            teacher: the teacher's outputs for `batch.teacher_images`, without gradients, or None without a teacher.
        """


def require_same_shape(student: Tensor, teacher: Tensor) -> None:
    """Checks that logits have one shape, because broadcasting would hide a mismatch.

    Raises:
        ShapeError: the shapes are not the same `(B, K)`.
    """
    if student.ndim != 2 or student.shape != teacher.shape:
        raise ShapeError(
            "student and teacher logits must have one shape (B, K); "
            f"the student's are {tuple(student.shape)}, the teacher's {tuple(teacher.shape)}."
        )


def require_labelled_logits(logits: Tensor, labels: Tensor) -> None:
    """Checks that logits and labels are of the same batch.

    Raises:
        ShapeError: the logits are not `(B, K)` or the labels not `(B,)`.
    """
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ShapeError(
            "logits must be (B, K) and labels (B,) of the same batch; "
            f"the logits are {tuple(logits.shape)}, the labels {tuple(labels.shape)}."
        )
