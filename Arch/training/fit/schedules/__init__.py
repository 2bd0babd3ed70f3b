"""How the learning rate changes: schedules are pure functions of the step, so they have no state to save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from Arch.registry.registry import Registry

if TYPE_CHECKING:
    from Arch.training.fit.schedules.schedule import Schedule

SCHEDULES: Registry[type[Schedule]] = Registry("schedule", __name__, key="LRScheduler")
