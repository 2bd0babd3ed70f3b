"""A learning rate that falls at given epochs."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.training.fit.schedules import SCHEDULES
from Arch.training.fit.schedules.schedule import Clock, warm_up


@SCHEDULES.register("MultiStep")
@dataclass(frozen=True)
class MultiStep:
    """`learning_rate`, times `lr_step_mult` for each of the `lr_steps` that are reached.

    `lr_steps` count finished epochs: with 150, epoch 151 is the first with the lower rate.
    """

    learning_rate: float
    warmup_epochs: int
    lr_steps: tuple[int, ...]
    lr_step_mult: float

    def rate(self, clock: Clock) -> float:
        """Returns the learning rate of the next step."""
        drops = sum(step <= clock.finished_epochs for step in self.lr_steps)
        return self.learning_rate * self.lr_step_mult**drops * warm_up(clock, self.warmup_epochs)
