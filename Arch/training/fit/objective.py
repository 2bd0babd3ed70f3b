"""Computes the objective of a fit: a weighted sum of loss terms."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from torch import Tensor, nn

from Arch.distillation.loss_term import LossTerm
from Arch.errors import TrainingError
from Arch.tensors import Batch, Trace
from Arch.training.networks.frozen import FrozenNetwork


@dataclass(frozen=True)
class WeightedTerm:
    """A loss term under its registered name, with its weight in the objective."""

    name: str
    weight: float
    term: LossTerm


@dataclass(frozen=True)
class Objective:
    """A weighted sum of loss terms, and the teacher that they use.

    Attributes:
        terms: at least one.
        teacher: the network that `batch.teacher_images` pass through, or None.
        augments_teacher: whether the teacher gets the student's view of an image rather than the unchanged image.
    """

    terms: tuple[WeightedTerm, ...]
    teacher: FrozenNetwork | None = None
    augments_teacher: bool = True

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """The terms that are modules, whose parameters are trained with those of the student."""
        return tuple(each.term for each in self.terms if isinstance(each.term, nn.Module))

    @property
    def names(self) -> tuple[str, ...]:
        """The terms' names, in order."""
        return tuple(each.name for each in self.terms)

    def __call__(self, batch: Batch, student: Trace) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Returns the weighted sum on a batch, and the value of each term without its weight; all scalars.

        Raises:
            TrainingError: a term gives something else, or the sum depends on no parameter that is trained.
        """
        teacher = self.teacher.trace(batch.teacher_images) if self.teacher else None
        values = tuple(_scalar(each, each.term(batch, student, teacher), student.logits) for each in self.terms)
        weighted = [each.weight * value for each, value in zip(self.terms, values, strict=True)]
        total = sum(weighted[1:], start=weighted[0])
        if student.logits.requires_grad and not total.requires_grad:
            raise TrainingError(
                f"nothing can be learned from {', '.join(map(_described, self.terms))}: its value does not depend on "
                "what is trained. Compute it from the student's logits or features, without `detach` or `no_grad`."
            )
        return total, values


def _scalar(weighted: WeightedTerm, value: Tensor, logits: Tensor) -> Tensor:
    """Returns the value of a term, checked since the term may be a plugin's."""
    is_tensor = isinstance(value, Tensor)
    if is_tensor and value.dim() == 0 and value.is_floating_point() and value.device == logits.device:
        return value
    given = f"{value.dtype} {tuple(value.shape)} on {value.device}" if is_tensor else f"a {type(value).__name__}"
    raise TrainingError(
        f"{_described(weighted)} gives {given}: expected a scalar of floating point on {logits.device}, as the mean "
        "over the examples is."
    )


def _described(weighted: WeightedTerm) -> str:
    return f"the loss {weighted.name} of {inspect.getfile(type(weighted.term))}"
