"""Studies that train a network on labelled images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import torch

from Arch.datasets.data import ImageData
from Arch.errors import TrainingError
from Arch.models import MODELS
from Arch.models.build import construct
from Arch.models.imodel import IModel
from Arch.training.fit.objective import Objective
from Arch.training.fit.preparing import fit_of
from Arch.training.itrainer import ITrainer
from Arch.training.loading import training_data
from Arch.training.networks.pretrained import WarmStart, begin
from Arch.training.run.stage import Stage
from Arch.training.streams import Streams

T = TypeVar("T")


class ImageTrainer(ITrainer):
    """A trainer that fits the config's `Model` to its `Dataset` in one stage.

    Attributes:
        start: the warm start of the network that `load_model` built most recently; None for random initial weights.
    """

    start: WarmStart | None = None

    def load_dataset(self) -> ImageData:
        """Loads the config's dataset, with its subset, validation split and normalisation.

        A network that starts from given weights sees images under their constants, by `PreTrainedFromNormalization`.

        Raises:
            DataError: it is missing, unreadable or of another format than expected.
            ArchError: the given weights are not available.
        """
        data = training_data(self.config, self.settings.data)
        if not self.config["PreTrained"]:
            return data
        return replace(data, normalization=self.constants("PreTrainedFrom", data))

    def load_model(self, dataset: ImageData | None) -> IModel:
        """Builds the config's network for the dataset's image shape and classes, pretrained if `PreTrained` is set.

        Raises:
            ModelError: it cannot be built for such images, or the weights do not fit.
        """
        config, name, dataset = self.config, self.config["Model"], _present(dataset)
        architecture = config.fill(MODELS[name], name)
        model = construct(architecture, dataset.shape, len(dataset.classes), name=name, seed=torch.initial_seed())
        if config["PreTrained"]:
            self.start = begin(model, architecture, self.network("PreTrainedFrom"), config["BackboneLRMultiplier"])
        return model

    @property
    def images(self) -> ImageData:
        """The dataset, on the device; raises the same errors as `load_dataset`."""
        return _present(self.dataset)

    @abstractmethod
    def objective(self, dataset: ImageData, model: IModel) -> Objective:
        """Returns the objective of the fit."""

    def stages(self, dataset: ImageData | None, model: IModel | None, streams: Streams) -> Sequence[Stage]:
        """Returns one stage: the fit of the network to the dataset.

        Raises:
            ArchError: values of the config contradict each other or the data.
        """
        data, network = _present(dataset), _present(model)
        objective = self.objective(data, network)
        fit = fit_of(
            self.study,
            data,
            network,
            objective,
            streams,
            evaluate=self.evaluate,
            headline=self.headline,
            start=self.start,
        )
        return (fit,)


def _present(given: T | None) -> T:
    """Narrows an optional dataset or network: this trainer's `load_dataset` and `load_model` never return None."""
    if given is None:
        raise TrainingError("a study on images needs a dataset and a network.")
    return given
