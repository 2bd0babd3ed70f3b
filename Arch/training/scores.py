"""The result of an evaluation: numbers by name, and arrays with named axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from Arch.errors import TrainingError
from Arch.types import ArrayInfo


@dataclass(frozen=True, eq=False)
class Array:
    """A tensor that a run saves with its scores.

    Attributes:
        values: of any shape.
        info: the name of each axis, and the meaning.

    Raises:
        TrainingError: the number of axes is wrong, or values are missing (NaN) without a reason.
    """

    values: Tensor
    info: ArrayInfo

    def __post_init__(self) -> None:
        if self.values.dim() != len(self.info.axes):
            raise TrainingError(f"an array of shape {tuple(self.values.shape)} cannot have the axes {self.info.axes}.")
        if self.values.is_floating_point() and not self.info.missing and bool(self.values.isnan().any()):
            raise TrainingError(
                f"the array {self.info.meaning!r} contains NaN, and its ArrayInfo gives no reason (`missing`)."
            )


@dataclass(frozen=True, eq=False)
class Scores:
    """The result of an evaluation.

    Attributes:
        numbers: finite, by name.
        arrays: by name.
    """

    numbers: Mapping[str, float]
    arrays: Mapping[str, Array] = field(default_factory=dict)
