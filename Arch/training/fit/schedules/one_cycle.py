"""A learning rate that rises to a peak and falls far below its start."""

from __future__ import annotations

import math
from dataclasses import dataclass

from Arch.training.fit.schedules import SCHEDULES
from Arch.training.fit.schedules.schedule import Clock

START_DIVISOR = 25.0
END_DIVISOR = 1e4


@SCHEDULES.register("OneCycle")
@dataclass(frozen=True)
class OneCycle:
    """From `max_lr`/25 up to `max_lr` over `pct_start` of the steps, then down to `max_lr`/250000 at the last one.

    Both branches are half cosines. Only `max_lr` sets the rate; momentum and betas stay as configured.

    Source: Smith & Topin 2017 (arXiv 1708.07120), in the two-phase form and with the divisors of
    `torch.optim.lr_scheduler.OneCycleLR(cycle_momentum=False)`.
    """

    max_lr: float
    pct_start: float

    def rate(self, clock: Clock) -> float:
        """Returns the learning rate of the next step."""
        start = self.max_lr / START_DIVISOR
        end = start / END_DIVISOR
        peak, last = self.pct_start * clock.steps - 1.0, clock.steps - 1.0
        if clock.step <= peak:
            return _half_cosine(start, self.max_lr, clock.step / peak if peak > 0 else 1.0)
        return _half_cosine(self.max_lr, end, (clock.step - peak) / (last - peak))


def _half_cosine(start: float, end: float, progress: float) -> float:
    return end + 0.5 * (start - end) * (1.0 + math.cos(math.pi * progress))
