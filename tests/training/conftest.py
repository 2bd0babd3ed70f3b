"""A new cache for each test, and an experiment that takes a fraction of a second."""

import pytest

from Arch.cache.store import Store
from Arch.callbacks import SilentWatcher
from Arch.config.foreign import ForeignNetwork
from Arch.datasets.loading import load
from Arch.datasets.sources.synthetic import Synthetic
from Arch.training import TRAINERS
from Arch.training.engine import choose_engine
from Arch.training.networks.foreign import ForeignModel
from Arch.training.networks.trained import TrainedNetwork
from Arch.training.settings import Settings

TINY = {
    "Dataset": "Synthetic",
    "SyntheticSamples": 65,
    "SyntheticSize": 4,
    "Model": "MLP",
    "MLPWidths": [16],
    "BatchSize": 16,
    "NumEpochs": 2,
    "Optimizer": "SGD",
    "LRScheduler": "Constant",
    "LearningRate": 0.1,
}


@pytest.fixture
def tiny():
    return dict(TINY)


@pytest.fixture
def engine():
    return choose_engine("cpu", "float32")


@pytest.fixture
def data():
    return load(Synthetic(classes=4, size=4, channels=3, samples=65), None)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "cache")


@pytest.fixture
def trainer(resolver, store, tmp_path):
    """Returns a trainer of the tiny experiment with some keys changed; trains the networks that it refers to first."""

    def make(watcher=None, **keys):
        config = resolver.resolve({**TINY, **keys})
        networks = {}
        for key, other in config.references.items():
            if isinstance(other, ForeignNetwork):
                networks[key] = ForeignModel(other, store.entry(other), config.rules)
                continue
            first = TRAINERS[other["Trainer"]](other, store.entry(other), settings(watcher))
            first.result()
            networks[key] = TrainedNetwork(other, store.entry(other), config[f"{key}Run"], config[f"{key}Weights"])
        return TRAINERS[config["Trainer"]](config, store.entry(config), settings(watcher), networks)

    def settings(watcher):
        return Settings("cpu", tmp_path / "data", watcher or SilentWatcher())

    return make
