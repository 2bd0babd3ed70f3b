"""Starts trainers: the only module of sweeps that imports torch, and only when a run has to be computed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from Arch.cache.entry import Entry
from Arch.cache.store import Store
from Arch.callbacks import Requests, SilentWatcher, Watcher
from Arch.config.config import Config
from Arch.config.foreign import ForeignNetwork
from Arch.config.names import LIBRARIES
from Arch.config.plugins.running import errors_named, use, use_files
from Arch.errors import ArchError, CacheError, ConfigError, TrainingError, why
from Arch.faults import message_of
from Arch.machine.command import given_command
from Arch.types import Result

if TYPE_CHECKING:
    from Arch.cache.making.lease import Lease  # threading and logging, which a cached answer does not need
    from Arch.models.imodel import IModel
    from Arch.training.itrainer import ITrainer
    from Arch.training.networks.given import GivenNetwork


@dataclass(frozen=True)
class Worker:
    """Makes runs of experiments in this process.

    Attributes:
        store: the cache for the results.
        data: the root of the datasets.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        watcher: is notified of the progress.
        requests: requests for a checkpoint or for stopping, which a training checks.
        accepts_unlike: whether runs may be made from other networks than the earlier runs of their experiment.
        command: the command that the user gave, which runs record; empty for that of this process.
    """

    store: Store
    data: Path
    device: str = "auto"
    watcher: Watcher = field(default_factory=SilentWatcher)
    requests: Requests = field(default_factory=Requests)
    accepts_unlike: bool = False
    command: str = ""

    def train(self, config: Config) -> Result:
        """Returns the experiment's result, after making its missing runs; its dependencies have to exist.

        Raises:
            ArchError: it cannot run, or its training failed, or was asked to stop.
        """
        with _torch_errors_converted(), errors_named(config.plugins), self.requests.interrupts_converted():
            return self._trainer(config).result()

    def make_run(self, config: Config, lease: Lease) -> None:
        """Makes and commits the run of a lease; records an error with the attempt.

        Raises:
            ArchError: it cannot run, or its training failed, or was asked to stop.
            LeaseLostError: another process has taken the run over.
        """
        # The lease is entered first, so that a trainer that cannot be built is recorded as the run's failure.
        converted = self.requests.interrupts_converted()
        with _torch_errors_converted(), lease, errors_named(config.plugins), converted:
            self._trainer(config).make_run(lease)

    def _trainer(self, config: Config) -> ITrainer:
        """Builds the trainer of an experiment, with the networks that its runs are made from."""
        config.require_implemented()
        _let_threads_sleep()
        from Arch.models import MODELS  # this and the next import torch, which a cached result does not need
        from Arch.training import TRAINERS
        from Arch.training.process_state import state_of_a_new_process
        from Arch.training.settings import Settings

        with state_of_a_new_process():
            use(config)
        if config.active.get("Model", "").startswith(LIBRARIES):
            MODELS[config["Model"]]  # so that a mistyped name, which the rules do not know, leaves nothing behind
        networks = {key: self._given(config, key, other) for key, other in config.references.items()}
        command = self.command or given_command()
        settings = Settings(self.device, self.data, self.watcher, self.requests, self.accepts_unlike, command)
        return TRAINERS[config["Trainer"]](config, self.store.entry(config), settings, networks)

    def _given(self, config: Config, key: str, other: Config | ForeignNetwork) -> GivenNetwork:
        """Returns the network under a reference `key`; where `KEYRun` is -1, each run takes its own of it later.

        Raises:
            ConfigError: a run or its weights are chosen of a foreign network, which has no runs.
        """
        from Arch.training.networks.foreign import ForeignModel  # imports torch, as above
        from Arch.training.networks.trained import TrainedNetwork

        if isinstance(other, Config):
            run, weights = (config[f"{key}{choice}"] for choice in ("Run", "Weights"))
            return TrainedNetwork(other, self.store.entry(other), run, weights)
        if any(config[f"{key}{choice}"] != config.default_of(f"{key}{choice}") for choice in ("Run", "Weights")):
            raise ConfigError(
                f"{key}Run and {key}Weights choose among the runs of an experiment, and the network {other.title} has "
                "none. Leave them out."
            )
        return ForeignModel(other, self.store.entry(other), config.rules)


@contextmanager
def _torch_errors_converted() -> Iterator[None]:
    """Converts errors of torch, out-of-memory included, and a library's `sys.exit` to a TrainingError."""
    try:
        yield
    except (RuntimeError, MemoryError, SystemExit) as error:
        raise TrainingError(f"{type(error).__name__}: {message_of(error)}") from error


def _let_threads_sleep() -> None:
    """Makes OpenMP, before torch loads it, spin only briefly while a thread waits for the others.

    Threads that spin for long take time from other processes: beside other work on the same cores, small networks took
    ten times as long. Threads that never spin take twice as long when they run alone. A value that the user has set for
    either variable is kept.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "2000")


def data_digest(config: Config, data: Path) -> str:
    """Returns the digest of the dataset of a config, as a run records it; runs no plugin, so it is a built-in dataset.

    Raises:
        DataError: the data are missing or cannot be read.
    """
    from Arch.training.loading import measured_data  # imports torch, as above

    with _torch_errors_converted():
        use_files(())
        return measured_data(config, data, "None").digest


def unknown_networks(names: Sequence[Sequence[str]]) -> list[str]:
    """Returns for each name of a network, and of its published weights or "", what is wrong with it, or "".

    Nothing is downloaded. Must not be called in a process that has yet to start others, since it imports torch.
    """
    from Arch.models import MODELS  # this and the next import torch, as above
    from Arch.models.weights.published import require_published

    problems = []
    for model, weights in names:
        try:
            require_published(model, weights) if weights else MODELS[model]
            problems.append("")
        except ArchError as error:
            problems.append(why(error))
    return problems


def load_model(config: Config, entry: Entry, run: int, weights: str) -> IModel:
    """Returns a trained network of the cache, in eval mode on the CPU.

    Raises:
        CacheError: there are no such weights.
    """
    if "Model" not in config.active:
        raise CacheError(f"{config.title}: this experiment trains no network, so its runs have no weights.")
    from Arch.training.networks.trained import TrainedNetwork  # this and the next import torch, as above
    from Arch.training.process_state import state_of_a_new_process

    with _torch_errors_converted(), errors_named(config.plugins), state_of_a_new_process():
        use(config)
        return TrainedNetwork(config, entry, run, weights).load()
