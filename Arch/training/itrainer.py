"""What every kind of study is: four questions, and one way to answer with a result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, final

from Arch.cache.foreign import open_network
from Arch.config.plugins.running import errors_named
from Arch.errors import DiskError, LeaseLostError, TrainingError
from Arch.training.engine import Engine, choose_engine
from Arch.training.networks.foreign import ForeignModel
from Arch.training.run.provenance import require_same_data_as_runs
from Arch.training.run.run_log import open_run_log
from Arch.training.run.run_loop import make_run, start_message
from Arch.training.run.waiting import wait_for_lease

if TYPE_CHECKING:
    from Arch.cache.entry import Entry
    from Arch.cache.making.lease import Lease
    from Arch.config.config import Config
    from Arch.datasets.loading import ImageData
    from Arch.models.imodel import IModel
    from Arch.training.fit.objective import Objective
    from Arch.training.networks.pretrained import WarmStart
    from Arch.training.networks.trained import GivenNetwork
    from Arch.training.run.run_log import RunLog
    from Arch.training.settings import Settings
    from Arch.types import Result


class ITrainer(ABC):
    """Trains the runs that an experiment lacks; a subclass answers the four questions that differ between studies.

    A trainer has an entry, a config and settings; constructing one does nothing.

    Attributes:
        config: what is asked.
        entry: where its runs are kept.
        settings: how to train here and now.
        networks: the networks that the study is made from, by their config key.
        start: how the latest network that `load_model` gave began, if it did so from another one's weights.
    """

    def __init__(
        self,
        config: Config,
        entry: Entry,
        settings: Settings,
        networks: Mapping[str, GivenNetwork] = MappingProxyType({}),
    ) -> None:
        self.config, self.entry, self.settings, self.networks = config, entry, settings, networks
        self.start: WarmStart | None = None

    @abstractmethod
    def load_dataset(self) -> ImageData:
        """What is learned from; on the CPU."""

    @abstractmethod
    def load_model(self, dataset: ImageData) -> IModel:
        """A new network for the dataset; torch's global generator is seeded for its initial weights."""

    @abstractmethod
    def objective(self, dataset: ImageData, model: IModel) -> Objective:
        """What the network is trained for."""

    @abstractmethod
    def evaluate(self, model: IModel, dataset: ImageData, split: str = "test") -> Mapping[str, float]:
        """How good the network is on the "test" or "validation" split of the dataset, which is on the device."""

    def network(self, key: str) -> GivenNetwork:
        """The network that the config's `key` refers to.

        Raises:
            TrainingError: none was handed to the trainer, or another one.
        """
        asked, given = self.config[key], self.networks.get(key)
        if given is None or given.entry.fingerprint != asked:
            found = given.entry.fingerprint if given else "no network"
            raise TrainingError(f"the config's {key} is {asked}, but {found} was handed to the trainer.")
        return given

    @cached_property
    def engine(self) -> Engine:
        """Where and how it is computed.

        Raises:
            TrainingError: there is no such device, or it cannot compute with the config's `Precision`.
        """
        return choose_engine(self.settings.device, self.config["Precision"])

    @final
    def result(self) -> Result:
        """The entry's result, after making the runs it lacks; each is committed as soon as it is done.

        A run that another process is making is waited for, and taken over should that process die.

        Raises:
            ArchError: the config, the data or the cache do not allow it, or a training went wrong; runs that
                were committed before stay.
            StoppedError: the end was asked for.
        """
        present = set(self.entry.run_indices())
        missing = [index for index in range(self.config.option("NumRuns")) if index not in present]
        if missing:
            device = str(self.engine.device)  # what cannot be computed here leaves no trace
            self.entry.open(self.config)
            for each in self.networks.values():
                if isinstance(each, ForeignModel):
                    open_network(each.entry, each.reference)
            for index in missing:
                lease = wait_for_lease(self.entry, index, self.settings.requests, device=device)
                if lease is not None:
                    self.make_run(lease)
        return self.entry.result()

    @final
    def make_run(self, lease: Lease) -> None:
        """Makes and commits the run that a lease is for; an error is recorded with the run in hand.

        Raises:
            ArchError: as `result`.
            LeaseLostError: another process has taken the run over; nothing of it is recorded or committed here.
        """
        with lease, open_run_log(self.entry.work(lease.index)) as log:
            with _told(lease, log), errors_named(self.config.plugins), self.engine.session():
                log.say(start_message(self, lease))
                require_same_data_as_runs(self._dataset, self.entry.runs())
                run = make_run(self, self._dataset, lease, log)
            self.settings.watcher.run_finished(run.scores, run.seconds)

    @cached_property
    def _dataset(self) -> ImageData:
        """What is learned from, on the device; one for all runs."""
        return self.engine.place_data(self.load_dataset())


@contextmanager
def _told(lease: Lease, log: RunLog) -> Iterator[None]:
    """Writes an error into the run's log, or raises that the lease was lost where the error comes from that."""
    try:
        yield
    except Exception as error:
        try:
            lease.check()
        except LeaseLostError as lost:
            raise lost from error
        except DiskError:  # nobody can tell on a broken disk
            pass
        log.say(f"{type(error).__name__}: {error}")
        raise
