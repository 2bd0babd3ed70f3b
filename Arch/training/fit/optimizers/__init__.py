"""Recipes that build torch's own optimizers from a config."""

from __future__ import annotations

from Arch.registry.registry import Registry
from Arch.training.fit.optimizers.recipe import OptimizerRecipe

OPTIMIZERS: Registry[type[OptimizerRecipe]] = Registry("optimizer", __name__, key="Optimizer")
