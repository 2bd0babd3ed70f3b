"""What every kind of study is: the questions that differ, and one way to answer with a result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from types import MappingProxyType
from typing import final

from Arch.cache.entry import Entry
from Arch.cache.foreign import open_network
from Arch.cache.making.lease import Lease
from Arch.config.config import Config
from Arch.config.plugins.running import errors_named
from Arch.datasets.data import ImageData
from Arch.errors import DiskError, LeaseLostError, TrainingError
from Arch.models.imodel import IModel
from Arch.training.data_identity import require_same_data_as_runs
from Arch.training.engine import Engine, choose_engine
from Arch.training.networks.foreign import ForeignModel
from Arch.training.networks.given import GivenNetwork
from Arch.training.run.prepared import PreparedRun
from Arch.training.run.run_log import RunLog, open_run_log
from Arch.training.run.run_loop import make_run, start_message
from Arch.training.run.stage import Stage
from Arch.training.run.waiting import wait_for_lease
from Arch.training.scores import Scores
from Arch.training.settings import Settings
from Arch.training.streams import Streams, global_stream
from Arch.training.study import Study
from Arch.types import Result


class ITrainer(ABC):
    """Makes the runs that an experiment lacks; a subclass answers the questions that differ between studies.

    A trainer has an entry, a config and settings; constructing one does nothing.

    Attributes:
        config: the experiment.
        entry: where its runs are kept.
        settings: how to compute here and now.
        networks: the networks that the study is made from, by their config key.
        headline: the name of the score that progress, tables and the choice of a best epoch speak of.
    """

    headline: str = "accuracy"

    def __init__(
        self,
        config: Config,
        entry: Entry,
        settings: Settings,
        networks: Mapping[str, GivenNetwork] = MappingProxyType({}),
    ) -> None:
        self.config, self.entry, self.settings, self.networks = config, entry, settings, networks

    @abstractmethod
    def load_dataset(self) -> ImageData | None:
        """The data of the study, on the CPU; None where it reads none."""

    @abstractmethod
    def load_model(self, dataset: ImageData | None) -> IModel | None:
        """A new network to be trained; None where nothing is trained.

        torch's global generator is seeded for its initial weights.
        """

    @abstractmethod
    def stages(self, dataset: ImageData | None, model: IModel | None, streams: Streams) -> Sequence[Stage]:
        """The stages of one run, none of whose steps is done.

        Args:
            dataset: what `load_dataset` gave, on the device.
            model: what `load_model` gave, on the device.
            streams: the run's random streams, with the run's index.
        """

    @abstractmethod
    def evaluate(self, model: IModel, dataset: ImageData, split: str = "test") -> Scores:
        """Scores of a network on a split of the dataset ("test" or "validation"), which is on the device."""

    def network(self, key: str, run: int = 0) -> GivenNetwork:
        """The network that the config's `key` refers to.

        Args:
            key: of the config.
            run: the run that needs it; it decides where the config's `KEYRun` is -1.

        Raises:
            TrainingError: none was handed to the trainer, or another one.
        """
        asked, given = self.config[key], self.networks.get(key)
        if given is None or given.entry.fingerprint != asked:
            found = given.entry.fingerprint if given else "no network"
            raise TrainingError(f"the config's {key} is {asked}, but {found} was handed to the trainer.")
        return given.for_run(run)

    @property
    def study(self) -> Study:
        """The experiment and the means to compute it; raises as `engine`."""
        return Study(self.config, self.engine, self.settings, self.networks)

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
                log.say(start_message(self.study, lease))
                if self.dataset:
                    require_same_data_as_runs(self.dataset, self.entry.runs())
                run = make_run(self.study, partial(self.prepare, lease.index), lease, log)
            self.settings.watcher.run_finished(run.scores, run.seconds)

    @final
    def prepare(self, index: int) -> PreparedRun:
        """Run number `index`, none of whose steps is done.

        Raises:
            ArchError: the config cannot be carried out.
        """
        streams, dataset = Streams(self.config["Seed"], index), self.dataset
        with global_stream(streams.initialisation, self.engine.device):
            model = self.load_model(dataset)
            placed = None if model is None else self.engine.place(model)
            stages = self.stages(dataset, placed, streams)
        networks = {key: each.for_run(index) for key, each in self.networks.items()}
        return PreparedRun(self.study, streams, stages, self.headline, dataset, networks)

    @cached_property
    def dataset(self) -> ImageData | None:
        """The data of the study, on the device; the same for all runs."""
        dataset = self.load_dataset()
        return None if dataset is None else self.engine.place_data(dataset)


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
