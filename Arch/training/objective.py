"""What a training minimises: a weighted sum of loss terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from Arch.distillation.loss_term import LossTerm
    from Arch.training.frozen import FrozenNetwork
    from Arch.types import Batch, Trace


@dataclass(frozen=True)
class WeightedTerm:
    """A loss term under its registered name, with its weight in the objective."""

    name: str
    weight: float
    term: LossTerm


@dataclass(frozen=True)
class Objective:
    """A weighted sum of loss terms, and the teacher that they look at.

    Attributes:
        terms: at least one.
        teacher: what `batch.teacher_images` are shown to, or None.
        augments_teacher: whether the teacher sees the student's view of an image or the image as it is.
    """

    terms: tuple[WeightedTerm, ...]
    teacher: FrozenNetwork | None = None
    augments_teacher: bool = True

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """The terms that learn, whose parameters are trained beside the student's."""
        return tuple(each.term for each in self.terms if isinstance(each.term, nn.Module))

    @property
    def names(self) -> tuple[str, ...]:
        """The terms' names, in order."""
        return tuple(each.name for each in self.terms)

    def __call__(self, batch: Batch, student: Trace) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The weighted sum on a batch, and each term's own value before its weight; all scalars."""
        teacher = self.teacher.trace(batch.teacher_images) if self.teacher else None
        values = tuple(each.term(batch, student, teacher) for each in self.terms)
        weighted = [each.weight * value for each, value in zip(self.terms, values, strict=True)]
        return sum(weighted[1:], start=weighted[0]), values
