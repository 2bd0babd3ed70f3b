"""A constant learning rate."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.training.fit.schedules import SCHEDULES
from Arch.training.fit.schedules.schedule import Clock, warm_up


@SCHEDULES.register("Constant")
@dataclass(frozen=True)
class Constant:
    """`learning_rate` throughout, after the warm-up."""

    learning_rate: float
    warmup_epochs: int

    def rate(self, clock: Clock) -> float:
        """Returns the learning rate of the next step."""
        return self.learning_rate * warm_up(clock, self.warmup_epochs)
