"""What every schedule is, the clock it reads and the warm-up most of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Clock:
    """Where a training stands.

    Attributes:
        step: optimizer steps already done, from 0.
        steps_per_epoch: at least 1.
        epochs: how many the training has.
    """

    step: int
    steps_per_epoch: int
    epochs: int

    @property
    def finished_epochs(self) -> int:
        """How many epochs lie behind."""
        return self.step // self.steps_per_epoch

    @property
    def steps(self) -> int:
        """How many steps the whole training has."""
        return self.steps_per_epoch * self.epochs


class Schedule(Protocol):
    """A learning rate as a function of time; implementations are frozen dataclasses."""

    def rate(self, clock: Clock) -> float:
        """The learning rate of the next step."""


def warm_up(clock: Clock, epochs: int) -> float:
    """Gives the factor of a linear warm-up: 1/w, 2/w ... 1 over the w steps of the first `epochs` epochs, then 1.

    It multiplies the schedule, whose own time runs from the first step on; `epochs` of 0 means none.

    Source: Goyal et al. 2017 (arXiv 1706.02677), section 2.2, gradual warm-up; here from rate/w instead of rate/k.
    """
    steps = epochs * clock.steps_per_epoch
    return min(1.0, (clock.step + 1) / steps) if steps else 1.0
