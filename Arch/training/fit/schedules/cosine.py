"""A learning rate that follows half a cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from Arch.training.fit.schedules import SCHEDULES
from Arch.training.fit.schedules.schedule import Clock, warm_up


@SCHEDULES.register("Cosine")
@dataclass(frozen=True)
class Cosine:
    """From `learning_rate` at the first step to `final_lr` after the last one, step by step.

    Source: Loshchilov & Hutter, ICLR 2017 (arXiv 1608.03983), equation 5, without restarts.
    """

    learning_rate: float
    warmup_epochs: int
    final_lr: float

    def rate(self, clock: Clock) -> float:
        """Returns the learning rate of the next step."""
        height = 0.5 * (1.0 + math.cos(math.pi * clock.step / clock.steps))
        return (self.final_lr + (self.learning_rate - self.final_lr) * height) * warm_up(clock, self.warmup_epochs)
