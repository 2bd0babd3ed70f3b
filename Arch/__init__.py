"""Run, cache and compare knowledge-distillation and representation experiments.

`run` gives an experiment's result and trains only what is missing of it, `load_config` resolves a config without
running it, `Store` looks into a cache. Importing this package costs no torch.
"""

from Arch.cache.store import Store
from Arch.experiment import Experiment, load_config, run

__all__ = ["Experiment", "Store", "load_config", "run"]
