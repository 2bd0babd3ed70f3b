"""Run, cache and compare knowledge-distillation and representation experiments.

`run` gives an experiment's result and trains only what is missing of it, `load_config` resolves a config without
running it, `frame` gives what is cached as a DataFrame, `Store` looks into a cache, `IModel` shows any network as a
line of layers. Importing this package costs no torch.
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

_HOMES = {
    "IModel": "Arch.models.imodel",
    "Store": "Arch.cache.store",
    "Experiment": "Arch.experiment",
    "frame": "Arch.report.export",
    "load_config": "Arch.experiment",
    "run": "Arch.experiment",
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for: `main.py --help` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'Arch' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
