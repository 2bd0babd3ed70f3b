"""What every kind of study is: four questions, and one way to answer with a result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, final

from Arch.training.engine import Engine, choose_engine
from Arch.training.provenance import require_same_data_as_runs
from Arch.training.training import Training

if TYPE_CHECKING:
    from Arch.cache.entry import Entry
    from Arch.config.config import Config
    from Arch.datasets.loading import ImageData
    from Arch.models.imodel import IModel
    from Arch.training.networks import TrainedNetwork
    from Arch.training.objective import Objective
    from Arch.training.settings import Settings
    from Arch.types import Result


class ITrainer(ABC):
    """Trains the runs that an experiment lacks; a subclass answers the four questions that differ between studies.

    A trainer has an entry, a config and settings; constructing one does nothing.

    Attributes:
        config: what is asked.
        entry: where its runs are kept.
        settings: how to train here and now.
        networks: the trained networks that the study is made from, by their config key.
    """

    def __init__(
        self,
        config: Config,
        entry: Entry,
        settings: Settings,
        networks: Mapping[str, TrainedNetwork] = MappingProxyType({}),
    ) -> None:
        self.config, self.entry, self.settings, self.networks = config, entry, settings, networks

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

    @cached_property
    def engine(self) -> Engine:
        """Where and how it is computed.

        Raises:
            TrainingError: there is no such device, or it cannot compute with the config's `Precision`.
        """
        return choose_engine(self.settings.device, self.config["Precision"])

    @final
    def result(self) -> Result:
        """The entry's result, after training the runs it lacks; each is committed as soon as it is done.

        Raises:
            ArchError: the config, the data or the cache do not allow it, or a training went wrong; runs that
                were committed before stay.
        """
        present = set(self.entry.run_indices())
        missing = [index for index in range(self.config.option("NumRuns")) if index not in present]
        if missing:
            with self.engine.session():
                self._train(missing)
        return self.entry.result()

    def _train(self, missing: list[int]) -> None:
        dataset = self.load_dataset()
        require_same_data_as_runs(dataset, self.entry.runs())
        dataset = self.engine.place_data(dataset)
        for index in missing:
            training = Training.prepare(self, dataset, index)
            self.entry.open(self.config)  # not before everything is known to fit: a mistake leaves no folder
            with self.entry.write_run(index) as writer:
                run = training.carry_out(writer.folder)
                writer.commit(run)
            self.settings.watcher.run_finished(run.scores, run.seconds)
