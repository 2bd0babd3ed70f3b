"""How a gradient becomes a step: recipes for torch's own optimizers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from Arch.registry.registry import Registry

if TYPE_CHECKING:
    from Arch.training.fit.optimizers.recipe import OptimizerRecipe

OPTIMIZERS: Registry[type[OptimizerRecipe]] = Registry("optimizer", __name__, key="Optimizer")
