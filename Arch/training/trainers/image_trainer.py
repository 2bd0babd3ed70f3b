"""Studies on labelled images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from Arch.datasets import DATASETS
from Arch.datasets.loading import load
from Arch.models import MODELS
from Arch.models.build import construct
from Arch.training.itrainer import ITrainer
from Arch.training.networks.pretrained import begin

if TYPE_CHECKING:
    from Arch.datasets.data import ImageData
    from Arch.models.imodel import IModel


class ImageTrainer(ITrainer):
    """A trainer whose dataset and network are the config's `Dataset` and `Model`."""

    def load_dataset(self) -> ImageData:
        """The config's dataset with its subset, validation split and normalisation.

        Raises:
            DataError: it is missing, unreadable or not what it should be.
        """
        config, path = self.config, self.config.option("DataPath")
        return load(
            config.fill(DATASETS[config["Dataset"]], config["Dataset"]),
            self.settings.data,
            data_path=config.resolve_path(path) if path else "",
            down_sample=config["DownSample"],
            normalization=config["Normalization"],
            train_samples=config["TrainSamples"],
            validation=config["Validation"] if config["Select"] == "validation" else 0.0,
        )

    def load_model(self, dataset: ImageData) -> IModel:
        """The config's network for the dataset's images and classes, from others' weights if `PreTrained` says so.

        Raises:
            ModelError: it cannot be built for such images, or the weights do not fit.
        """
        config, name = self.config, self.config["Model"]
        architecture = config.fill(MODELS[name], name)
        model = construct(architecture, dataset.shape, len(dataset.classes), name=name, seed=torch.initial_seed())
        if config["PreTrained"]:
            self.start = begin(model, architecture, self.network("PreTrainedFrom"), config["BackboneLRMultiplier"])
        return model
