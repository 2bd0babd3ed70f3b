"""What an evaluation gives: numbers by name, and arrays with named axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from Arch.errors import TrainingError
from Arch.types import ArrayInfo


@dataclass(frozen=True, eq=False)
class Array:
    """A tensor that a run keeps beside its scores.

    Attributes:
        values: of any shape.
        info: its axes, one name for each, and its meaning.

    Raises:
        TrainingError: the axes do not belong to the values, or values are missing (NaN) and no reason is given.
    """

    values: Tensor
    info: ArrayInfo

    def __post_init__(self) -> None:
        if self.values.dim() != len(self.info.axes):
            raise TrainingError(f"an array of shape {tuple(self.values.shape)} cannot have the axes {self.info.axes}.")
        if self.values.is_floating_point() and not self.info.missing and bool(self.values.isnan().any()):
            raise TrainingError(f"the array {self.info.meaning!r} has NaN in it and does not say why.")


@dataclass(frozen=True, eq=False)
class Scores:
    """The result of an evaluation.

    Attributes:
        numbers: finite, by name.
        arrays: by name.
    """

    numbers: Mapping[str, float]
    arrays: Mapping[str, Array] = field(default_factory=dict)
