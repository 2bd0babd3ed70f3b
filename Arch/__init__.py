"""Run, cache and compare knowledge-distillation and representation experiments.

`run` returns an experiment's result and trains only its missing runs, `load_config` resolves a config without running
it, `frame` returns the cached runs as a DataFrame, `Store` reads a cache, `IModel` presents any network as a sequence
of layers. Importing this package does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from Arch.cache.store import Store
    from Arch.experiment import Experiment, load_config, run
    from Arch.models.imodel import IModel
    from Arch.report.export import frame

__all__ = ["Experiment", "IModel", "Store", "frame", "load_config", "run"]

_MODULES = {
    "IModel": "Arch.models.imodel",
    "Store": "Arch.cache.store",
    "Experiment": "Arch.experiment",
    "frame": "Arch.report.export",
    "load_config": "Arch.experiment",
    "run": "Arch.experiment",
}


def __getattr__(name: str) -> Any:
    """Imports a public name on its first use: `main.py --help` uses none of them."""
    if name not in _MODULES:
        raise AttributeError(f"module 'Arch' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
