"""Runs experiments: trainers, the run loop that they share, and the engine. Importing it loads torch."""

from __future__ import annotations

from Arch.registry.registry import Registry
from Arch.training.itrainer import ITrainer

TRAINERS: Registry[type[ITrainer]] = Registry("trainer", f"{__name__}.trainers", key="Trainer")
