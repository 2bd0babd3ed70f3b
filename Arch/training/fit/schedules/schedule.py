"""Declares the interface of a schedule, the clock that it reads, and the warm-up that most schedules use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Clock:
    """The progress of a fit.

    Attributes:
        step: the number of optimizer steps that are done.
        steps_per_epoch: at least 1.
        epochs: the epochs of the whole fit.
    """

    step: int
    steps_per_epoch: int
    epochs: int

    @property
    def finished_epochs(self) -> int:
        """The number of finished epochs."""
        return self.step // self.steps_per_epoch

    @property
    def steps(self) -> int:
        """The number of steps of the whole fit."""
        return self.steps_per_epoch * self.epochs


class Schedule(Protocol):
    """A learning rate as a function of time; implementations are frozen dataclasses."""

    def rate(self, clock: Clock) -> float:
        """Returns the learning rate of the next step."""


def warm_up(clock: Clock, epochs: int) -> float:
    """Returns the factor of a linear warm-up: 1/w, 2/w ... 1 over the w steps of the first `epochs` epochs, then 1.

    It multiplies the schedule, which starts with the first step; 0 `epochs` mean no warm-up.

    Source: Goyal et al. 2017 (arXiv 1706.02677), section 2.2, gradual warm-up; here from rate/w instead of rate/k.
    """
    steps = epochs * clock.steps_per_epoch
    return min(1.0, (clock.step + 1) / steps) if steps else 1.0
