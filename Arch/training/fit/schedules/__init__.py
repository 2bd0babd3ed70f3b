"""Learning-rate schedules: pure functions of the step, without a state to save."""

from __future__ import annotations

from Arch.registry.registry import Registry
from Arch.training.fit.schedules.schedule import Schedule

SCHEDULES: Registry[type[Schedule]] = Registry("schedule", __name__, key="LRScheduler")
