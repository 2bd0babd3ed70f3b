"""The study that measures a network on a split of a dataset, without training."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from Arch.config.config import Config
from Arch.datasets.data import ImageData, Split
from Arch.datasets.normalization import Normalizer
from Arch.errors import ConfigError, DataError
from Arch.models.imodel import IModel
from Arch.training import TRAINERS
from Arch.training.data_identity import require_same_data_as_network
from Arch.training.itrainer import ITrainer
from Arch.training.loading import measured_data
from Arch.training.measuring.pass_stage import Pass
from Arch.training.measuring.predictions import Predictions
from Arch.training.networks.trained import TrainedNetwork
from Arch.training.run.stage import Stage
from Arch.training.scores import Scores
from Arch.training.streams import Streams

# NetworkNormalization -> kind of the dataset's constants; `Own` uses them only if the network has none of its own
OF_THE_DATASET = {"Own": "MeanVar", "Dataset": "MeanVar", "Elementwise": "Elementwise", "None": "None"}


@TRAINERS.register("Evaluation")
class Evaluation(ITrainer):
    """Measures `Network` on a split of `Dataset` in one pass: accuracy, calibration, confusion; trains nothing."""

    def load_dataset(self) -> ImageData:
        """Loads the config's data; computes normalisation constants only if the evaluation uses them.

        Raises:
            ArchError: the data cannot be loaded, or the network is not available.
        """
        choice = self.config["NetworkNormalization"]
        is_own = choice == "Own" and self.network("Network").normalization(self.settings.data) is not None
        kind = "None" if is_own else OF_THE_DATASET.get(choice, "None")
        return measured_data(self.config, self.settings.data, kind)

    def load_model(self, dataset: ImageData | None) -> None:  # noqa: ARG002 - nothing is trained
        """Returns None: nothing is trained."""
        return

    def stages(self, dataset: ImageData | None, model: IModel | None, streams: Streams) -> Sequence[Stage]:  # noqa: ARG002
        """Returns a single pass.

        Raises:
            ConfigError: the numbers of logits and classes differ.
            DataError: the network was trained on other data of the same name.
            ArchError: the network is not available, or does not accept images of this shape.
        """
        data = self._data(dataset, streams.run)
        network = self.engine.place(self.network("Network", streams.run).load_as_is(data))
        return (self._pass(network, data, self.config["Split"], keeps_logits=self.config["KeepLogits"]),)

    def evaluate(self, model: IModel, dataset: ImageData, split: str = "test") -> Scores:
        """Measures a network, which is on the device, on the "train" or "test" split of a dataset."""
        stage = self._pass(model, dataset, split, keeps_logits=False)
        stage.run(_NoMonitor())
        outcome = stage.outcome()
        return Scores(outcome.scores, outcome.arrays)

    def _pass(self, network: IModel, dataset: ImageData, split: str, *, keeps_logits: bool) -> Pass:
        self._require_classes(network, dataset)
        samples = self._split(dataset, split)
        measurement = Predictions(network, self.engine, samples, len(dataset.classes), keeps_logits=keeps_logits)
        normalizer = Normalizer.of(self.constants("Network", dataset), dataset.shape, self.engine.device)
        record = {"split": split, "logits": network.classes}
        return Pass(samples, normalizer, self.engine, measurement, name="evaluation", record=record)

    def _require_classes(self, network: IModel, dataset: ImageData) -> None:
        logits, classes = network.classes, len(dataset.classes)
        ignores_extra = self.config["ExtraLogits"] == "Ignore"
        if logits == classes or (logits > classes and ignores_extra):
            return
        advice = ""
        if logits > classes:
            advice = f" ExtraLogits Ignore (`main.py evaluate --extra-logits ignore`) compares the first {classes}."
        raise ConfigError(
            f"{self.network('Network').title} gives {logits} logits, and {dataset.name} has {classes} classes: its "
            f"predictions cannot be compared with the labels.{advice}"
        )

    def _split(self, dataset: ImageData, name: str) -> Split:
        return dataset.train if name == "train" else dataset.test

    def _data(self, dataset: ImageData | None, run: int) -> ImageData:
        if dataset is None:
            raise DataError("an evaluation needs a dataset.")
        given, trained_by = self.network("Network", run), self.config.references["Network"]
        if isinstance(given, TrainedNetwork) and isinstance(trained_by, Config):
            require_same_data_as_network(dataset, self.config, trained_by, given.run.provenance, given.title)
        trained_on = self._trained_classes()
        if trained_on and trained_on != list(dataset.classes):
            logging.getLogger(__name__).warning(
                "%s was trained on the classes %s, and %s has the classes %s: class i is compared with class i.",
                self.network("Network").title,
                _short(trained_on),
                dataset.name,
                _short(list(dataset.classes)),
            )
        return dataset

    def _trained_classes(self) -> list[str]:
        """Returns the names of the classes that the network was trained on; empty if they are unknown."""
        return self.network("Network").class_names()


class _NoMonitor:
    """A monitor that ignores every call."""

    def step_done(self) -> None:
        """Ignores it."""

    def epoch_done(self, epoch: object) -> None:
        """Ignores it."""


def _short(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{f' ... ({len(names)})' if len(names) > 3 else ''}"
