"""The one edge from planning into training: torch is imported here, and only once something is to be computed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from Arch.cache.entry import Entry
from Arch.cache.store import Store
from Arch.callbacks import Requests, SilentWatcher, Watcher
from Arch.config.config import Config
from Arch.config.plugins.running import errors_named, use
from Arch.errors import ConfigError, TrainingError
from Arch.faults import message_of
from Arch.types import Result

if TYPE_CHECKING:
    from Arch.cache.making.lease import Lease
    from Arch.config.foreign import ForeignNetwork
    from Arch.models.imodel import IModel
    from Arch.training.itrainer import ITrainer
    from Arch.training.networks.trained import GivenNetwork


@dataclass(frozen=True)
class Worker:
    """Trains experiments one after the other in this process.

    Attributes:
        store: where results go.
        data: the root of the datasets.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        watcher: who hears of the progress.
        requests: what is asked of a training as it goes on.
    """

    store: Store
    data: Path
    device: str = "auto"
    watcher: Watcher = field(default_factory=SilentWatcher)
    requests: Requests = field(default_factory=Requests)

    def train(self, config: Config) -> Result:
        """The experiment's result, training the runs that it lacks; what it is made from has to be there.

        Raises:
            ArchError: it cannot run, or its training failed, or its end was asked for.
        """
        with _torchs_errors_named(), errors_named(config.plugins):
            return self._trainer(config).result()

    def make_run(self, config: Config, lease: Lease) -> None:
        """Makes and commits the one run that a lease is for; what goes wrong is recorded with the run in hand.

        Raises:
            ArchError: it cannot run, or its training failed, or its end was asked for.
            LeaseLostError: another process has taken the run over.
        """
        # A trainer that cannot be built is the run's failure, too.
        with _torchs_errors_named(), lease, errors_named(config.plugins):
            self._trainer(config).make_run(lease)

    def _trainer(self, config: Config) -> ITrainer:
        config.require_implemented()
        _let_threads_sleep()
        use(config)
        from Arch.training import TRAINERS  # this and the next: torch, to which a cached answer never comes
        from Arch.training.settings import Settings

        networks = {key: self._given(config, key, other) for key, other in config.references.items()}
        settings = Settings(self.device, self.data, self.watcher, self.requests)
        return TRAINERS[config["Trainer"]](config, self.store.entry(config), settings, networks)

    def _given(self, config: Config, key: str, other: Config | ForeignNetwork) -> GivenNetwork:
        """The network that a config's `key` refers to."""
        from Arch.training.networks.foreign import ForeignModel  # torch, as above
        from Arch.training.networks.trained import TrainedNetwork

        run, weights = config[f"{key}Run"], config[f"{key}Weights"]
        if isinstance(other, Config):
            return TrainedNetwork(other, self.store.entry(other), run, weights)
        if (run, weights) != (config.default_of(f"{key}Run"), config.default_of(f"{key}Weights")):
            raise ConfigError(
                f"{key}Run and {key}Weights choose among the runs of an experiment, and the network {other.title} has "
                "none. Leave them out."
            )
        return ForeignModel(other, self.store.entry(other), config.rules)


@contextmanager
def _torchs_errors_named() -> Iterator[None]:
    """Turns what torch raises, out of memory included, and a library's end of the program into a sentence."""
    try:
        yield
    except (RuntimeError, MemoryError, SystemExit) as error:
        raise TrainingError(f"{type(error).__name__}: {message_of(error)}") from error


def _let_threads_sleep() -> None:
    """Asks OpenMP, before torch loads it, to spin only briefly while a thread waits for the others.

    Threads that spin for long starve whatever else runs: beside other work on the same cores, small networks took ten
    times as long. Threads that never spin take twice as long when they are alone. Whoever sets either variable decides.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "2000")


def load_model(config: Config, entry: Entry, run: int, weights: str) -> IModel:
    """A trained network of the cache, in eval mode on the CPU.

    Raises:
        CacheError: there are no such weights.
    """
    from Arch.training.networks.trained import TrainedNetwork  # torch, as above

    with _torchs_errors_named(), errors_named(config.plugins):
        use(config)
        return TrainedNetwork(config, entry, run, weights).load()
