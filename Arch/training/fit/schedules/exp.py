"""A learning rate that falls by a constant factor after every epoch."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.training.fit.schedules import SCHEDULES
from Arch.training.fit.schedules.schedule import Clock, warm_up


@SCHEDULES.register("Exp")
@dataclass(frozen=True)
class Exp:
    """`learning_rate` times `power` to the number of finished epochs."""

    learning_rate: float
    warmup_epochs: int
    power: float

    def rate(self, clock: Clock) -> float:
        """Returns the learning rate of the next step."""
        return self.learning_rate * self.power**clock.finished_epochs * warm_up(clock, self.warmup_epochs)
