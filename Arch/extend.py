"""The names for plugin files: registries, base classes, and the types and errors that their signatures need.

`from Arch.extend import MODELS, Architecture` is all that a plugin needs of this package; see docs/plugins.md. These
names and this path stay when modules inside the package move. Each name is imported when it is first asked for, so that
a plugin with figures alone costs no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from Arch.registry.plugin_scopes import BUILT_IN, registering

if TYPE_CHECKING:  # for type checkers; at run time `_MODULES` says the same
    from Arch.datasets import DATASETS
    from Arch.datasets.data import ImageData
    from Arch.datasets.dataset import ImageDataset, Images, SplitName
    from Arch.distillation import METHODS
    from Arch.distillation.loss_term import LossTerm
    from Arch.errors import ArchError, ConfigError, DataError, ModelError, ShapeError, TrainingError
    from Arch.figures import FIGURES, Exhibit, Figure
    from Arch.figures.text import figure_text
    from Arch.models import MODELS
    from Arch.models.architecture import Architecture, Shape
    from Arch.models.imodel import IModel
    from Arch.tensors import Batch, Trace
    from Arch.training import TRAINERS
    from Arch.training.fit.objective import Objective
    from Arch.training.fit.optimizers import OPTIMIZERS
    from Arch.training.fit.optimizers.recipe import OptimizerRecipe, ParameterGroups
    from Arch.training.fit.schedules import SCHEDULES
    from Arch.training.fit.schedules.schedule import Clock, Schedule
    from Arch.training.itrainer import ITrainer
    from Arch.types import Epoch, Result, Run

_MODULES = {
    "Arch.datasets": ("DATASETS",),
    "Arch.datasets.dataset": ("ImageDataset", "Images", "SplitName"),
    "Arch.datasets.data": ("ImageData",),
    "Arch.distillation": ("METHODS",),
    "Arch.distillation.loss_term": ("LossTerm",),
    "Arch.errors": ("ArchError", "ConfigError", "DataError", "ModelError", "ShapeError", "TrainingError"),
    "Arch.figures": ("FIGURES", "Exhibit", "Figure"),
    "Arch.figures.text": ("figure_text",),
    "Arch.models": ("MODELS",),
    "Arch.models.architecture": ("Architecture", "Shape"),
    "Arch.models.imodel": ("IModel",),
    "Arch.training": ("TRAINERS",),
    "Arch.training.fit.objective": ("Objective",),
    "Arch.training.fit.optimizers": ("OPTIMIZERS",),
    "Arch.training.fit.optimizers.recipe": ("OptimizerRecipe", "ParameterGroups"),
    "Arch.training.fit.schedules": ("SCHEDULES",),
    "Arch.training.fit.schedules.schedule": ("Clock", "Schedule"),
    "Arch.training.itrainer": ("ITrainer",),
    "Arch.tensors": ("Batch", "Trace"),
    "Arch.types": ("Epoch", "Result", "Run"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [  # noqa: RUF022 - by what a plugin adds
    "MODELS", "Architecture", "IModel", "Shape",
    "DATASETS", "ImageDataset", "Images", "ImageData", "SplitName",
    "METHODS", "LossTerm", "Batch", "Trace",
    "OPTIMIZERS", "OptimizerRecipe", "ParameterGroups",
    "SCHEDULES", "Schedule", "Clock",
    "FIGURES", "Figure", "Exhibit", "Result", "Run", "Epoch", "figure_text",
    "TRAINERS", "ITrainer", "Objective",
    "ArchError", "ConfigError", "DataError", "ModelError", "ShapeError", "TrainingError",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Imports a name when it is first asked for."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with registering(BUILT_IN):  # what the import registers is not the plugin's that asks
        return getattr(importlib.import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
