"""What runs an experiment: trainers, the loop they share, the engine under it. The only floor that needs torch."""

from __future__ import annotations

from Arch.registry.registry import Registry
from Arch.training.itrainer import ITrainer

TRAINERS: Registry[type[ITrainer]] = Registry("trainer", f"{__name__}.trainers", key="Trainer")
