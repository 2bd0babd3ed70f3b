"""The base class of trainers: subclasses supply data, network and stages; the base class makes the runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import final

from Arch.cache.entry import Entry
from Arch.cache.foreign import open_network
from Arch.cache.making.lease import Lease
from Arch.config.config import Config
from Arch.config.plugins.running import errors_named
from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalization
from Arch.errors import DiskError, LeaseLostError, TrainingError
from Arch.files.stamps import Stamp, stamps_of
from Arch.models.imodel import IModel
from Arch.training.data_identity import require_same_data_as_runs
from Arch.training.engine import Engine, choose_engine
from Arch.training.networks.foreign import ForeignModel
from Arch.training.networks.given import GivenNetwork
from Arch.training.networks.likeness import Likeness, accepted
from Arch.training.normalization import chosen_constants, own_constants
from Arch.training.run.guarded_watcher import GuardedWatcher
from Arch.training.run.prepared import PreparedRun
from Arch.training.run.run_log import RunLog, open_run_log
from Arch.training.run.run_loop import make_run
from Arch.training.run.stage import Stage
from Arch.training.run.starting import start_message
from Arch.training.run.waiting import wait_for_lease
from Arch.training.scores import Scores
from Arch.training.settings import Settings
from Arch.training.streams import NEW_PROCESS, Streams, global_stream
from Arch.training.study import Study
from Arch.types import Result


class ITrainer(ABC):
    """Makes the missing runs of an experiment; a subclass supplies what differs between kinds of study.

    Constructing a trainer reads, writes and computes nothing.

    Attributes:
        config: the experiment.
        entry: the cache entry of its runs.
        settings: device, data folder and callbacks.
        networks: the networks that the study is made from, by config key.
        headline: the name of the score that progress shows and that chooses the best epoch.
    """

    headline: str = "accuracy"

    def __init__(
        self,
        config: Config,
        entry: Entry,
        settings: Settings,
        networks: Mapping[str, GivenNetwork] = MappingProxyType({}),
    ) -> None:
        self.config, self.entry, self.networks = config, entry, networks
        self.settings = replace(settings, watcher=GuardedWatcher.around(settings.watcher))

    @abstractmethod
    def load_dataset(self) -> ImageData | None:
        """Returns the data of the study, on the CPU; None if it reads none."""

    @abstractmethod
    def load_model(self, dataset: ImageData | None) -> IModel | None:
        """Returns a new network to be trained; None if nothing is trained.

        torch's global generator is seeded for its initial weights.
        """

    @abstractmethod
    def stages(self, dataset: ImageData | None, model: IModel | None, streams: Streams) -> Sequence[Stage]:
        """Returns the stages of one run, before their first step.

        Args:
            dataset: `load_dataset`'s, on the device.
            model: `load_model`'s, on the device.
            streams: the run's random streams, with the run's index.
        """

    @abstractmethod
    def evaluate(self, model: IModel, dataset: ImageData, split: str = "test") -> Scores:
        """Scores a network on the "test" or "validation" split of a dataset, which is on the device."""

    def network(self, key: str, run: int = 0) -> GivenNetwork:
        """Returns the network that the config's `key` refers to.

        Args:
            key: the key of the config.
            run: the index of the run that needs it, which chooses the run of the network where `KEYRun` is -1.

        Raises:
            TrainingError: the trainer was given no such network, or another one.
        """
        fingerprint, given = self.config[key], self.networks.get(key)
        if given is None or given.entry.fingerprint != fingerprint:
            found = given.entry.fingerprint if given else "no network"
            raise TrainingError(f"the config's {key} is {fingerprint}, but the trainer was given {found}.")
        return given.for_run(run)

    @property
    def study(self) -> Study:
        """The experiment, and device, settings and networks to compute it with; raises as `engine`."""
        return Study(self.config, self.engine, self.settings, self.networks)

    @cached_property
    def engine(self) -> Engine:
        """The device, with its precision and memory format.

        Raises:
            TrainingError: there is no such device, or it cannot compute with the config's `Precision`.
        """
        return choose_engine(self.settings.device, self.config["Precision"])

    @final
    def result(self) -> Result:
        """Makes the missing runs, commits each as soon as it is done, and returns the result of all.

        Waits for a run that another process is making, and takes it over if that process dies.

        Raises:
            ArchError: the config, the data, the cache or a run failed; the runs that are committed stay.
            StoppedError: a stop was requested.
        """
        present = set(self.entry.run_indices())
        missing = [index for index in range(self.config.option("NumRuns")) if index not in present]
        if missing:
            device = str(self.engine.device)  # raises before anything is written
            for key in self.networks:
                self.network(key, missing[0]).require_available()
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
        """Makes and commits the run of a lease; an error is recorded as the failure of the attempt.

        Raises:
            ArchError: as `result`.
            LeaseLostError: another process has taken the run over; this process records and commits nothing.
        """
        with lease, open_run_log(self.entry.work(lease.index)) as log:
            converted = self.settings.requests.interrupts_converted()
            with _logged_errors(lease, log), errors_named(self.config.plugins), self._session(), converted:
                self.settings.requests.require_no_interrupt(f"run {lease.index} of {self.entry.path}")
                log.write(start_message(self.study, lease))
                run = make_run(self.study, partial(self.prepare, lease.index), lease, log)
            self.settings.watcher.run_finished(run.scores, run.seconds)

    @final
    def prepare(self, index: int) -> PreparedRun:
        """Prepares run number `index`, before its first step.

        Raises:
            ArchError: data, networks or stages cannot be built from the config.
        """
        streams, dataset, runs = Streams(self.config["Seed"], index), self.dataset, self.entry.runs()
        if dataset:
            require_same_data_as_runs(dataset, runs)
        with global_stream(streams.initialisation, self.engine.device):
            model = self.load_model(dataset)
            placed = None if model is None else self.engine.place(model)
            stages = self.stages(dataset, placed, streams)
        likeness = Likeness(self.networks, self._all_constants(dataset))
        unlike = accepted(likeness.to_runs(runs), accepts=self.settings.accepts_unlike) | likeness.among_networks()
        return PreparedRun(self.study, streams, stages, self.headline, dataset, self.data_stamps, likeness, unlike)

    def constants(self, key: str, dataset: ImageData) -> Normalization:
        """Returns the constants that normalise a dataset's images for the network of `key`, by `KEYNormalization`.

        Without that key, as where a plugin's loss has the teacher, they are the network's own.

        Raises:
            ArchError: the network is not available, or its constants are not for such images.
        """
        name = f"{key}Normalization"
        choice = self.config[name] if name in self.config.active else "Own"
        if choice != "Own":
            return chosen_constants(choice, dataset, name)
        own = self.network(key).normalization(self.settings.data, dataset.normalization)
        return own_constants(own, dataset, name)

    def _all_constants(self, dataset: ImageData | None) -> dict[str, Normalization]:
        chosen = [key for key in self.networks if f"{key}Normalization" in self.config.rules.keys]
        return {} if dataset is None else {key: self.constants(key, dataset) for key in chosen}

    @contextmanager
    def _session(self) -> Iterator[None]:
        """Lets a run compute as in a new process: with its own state of torch, and its own random generators."""
        with self.engine.session(), global_stream(NEW_PROCESS, self.engine.device):
            yield

    @cached_property
    def dataset(self) -> ImageData | None:
        """The data of the study, on the device, loaded once for all runs."""
        self.data_stamps  # before the data are read: a later change must not be missed  # noqa: B018
        dataset = self.load_dataset()
        return None if dataset is None else self.engine.place_data(dataset)

    @cached_property
    def data_stamps(self) -> tuple[Stamp, ...]:
        """Size and time of the files or folders that the config's `DataPath` names."""
        return stamps_of(self.config.data_paths())


@contextmanager
def _logged_errors(lease: Lease, log: RunLog) -> Iterator[None]:
    """Writes an error to the run's log; raises LeaseLostError instead if the lease was lost."""
    try:
        yield
    except Exception as error:
        try:
            lease.check()
        except LeaseLostError as lost:
            raise lost from error
        except DiskError:  # the disk is broken: whether the lease was lost is unknown
            pass
        log.write(f"{type(error).__name__}: {error}")
        raise
