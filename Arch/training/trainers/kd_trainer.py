"""Knowledge distillation, and plain training on labels."""

from __future__ import annotations

from functools import cached_property

from torch import Tensor

from Arch.config.config import Config
from Arch.datasets.data import ImageData, Split
from Arch.datasets.normalization import Normalizer, Renormalizer
from Arch.distillation import METHODS
from Arch.errors import ConfigError, DataError
from Arch.models.imodel import IModel
from Arch.training import TRAINERS
from Arch.training.data_identity import require_same_data_as_network
from Arch.training.fit.objective import Objective, WeightedTerm
from Arch.training.fit.predictions import examples_of, logits_of, network_logits, scores
from Arch.training.networks.frozen import FrozenNetwork
from Arch.training.networks.trained import TrainedNetwork
from Arch.training.scores import Scores
from Arch.training.trainers.image_trainer import ImageTrainer


@TRAINERS.register("KDTrainer")
class KDTrainer(ImageTrainer):
    """Trains a student on the labels, distils it from a teacher, or both."""

    def objective(self, dataset: ImageData, model: IModel) -> Objective:  # noqa: ARG002 - no term depends on it
        """Builds the objective of the config's loss terms and weights, with the teacher if the config has one.

        Raises:
            ConfigError: every loss is switched off.
            DataError: the teacher was trained on other data under the same name, or on images or classes that differ,
                or has normalisation constants for other images.
        """
        config = self.config
        terms = tuple(
            WeightedTerm(name, config[METHODS[name].weight_key], config.fill(METHODS[name], name))
            for name in METHODS
            if METHODS[name].switch_key in config.active and config[METHODS[name].switch_key]
        )
        if not terms:
            raise ConfigError("there is nothing to learn from: set UseCELoss or VanillaKD.")
        if not self._has_teacher:
            return Objective(terms)
        self._require_teacher_of_same_data(dataset)
        augments_teacher = config["AugmentTeacher"] if config["DataAugmentation"] else True
        return Objective(terms, self._frozen_teacher, augments_teacher)

    def evaluate(self, model: IModel, dataset: ImageData, split: str = "test") -> Scores:
        """Computes accuracy, NLL and ECE, and with a teacher the agreement with it and its own accuracy.

        Raises:
            DataError: there is no such split.
        """
        chosen = dataset.validation if split == "validation" else dataset.test
        if chosen is None:
            raise DataError(f"{dataset.name} has no validation split here; set Validation above 0.")
        normalizer = Normalizer.of(dataset.normalization, dataset.shape, self.engine.device)
        logits = network_logits(model, chosen, normalizer, self.engine)
        teacher = self._teacher_logits_of(chosen, normalizer) if self._has_teacher else None
        return Scores(scores(logits, chosen.labels, teacher))

    @property
    def _has_teacher(self) -> bool:
        return "Teacher" in self.config.active

    @cached_property
    def _frozen_teacher(self) -> FrozenNetwork:
        images, engine = self.images, self.engine
        shown = Renormalizer.between(images.normalization, self.constants("Teacher", images), engine.device)
        normalizer = Normalizer.of(images.normalization, images.shape, engine.device)
        given = self.network("Teacher").load_for(images)
        return FrozenNetwork(given, engine, examples_of(images.train, normalizer, engine), shown)

    @cached_property
    def _teacher_logits(self) -> dict[Split, Tensor]:
        """The teacher's logits by split, computed once for all epochs and runs."""
        return {}

    def _teacher_logits_of(self, split: Split, normalizer: Normalizer) -> Tensor:
        if split not in self._teacher_logits:
            self._teacher_logits[split] = logits_of(
                lambda images: self._frozen_teacher.trace(images).logits, split, normalizer, self.engine
            )
        return self._teacher_logits[split]

    def _require_teacher_of_same_data(self, dataset: ImageData) -> None:
        given, teacher = self.network("Teacher"), self.config.references["Teacher"]
        if not (isinstance(given, TrainedNetwork) and isinstance(teacher, Config)):
            return
        require_same_data_as_network(dataset, self.config, teacher, given.run.provenance, "the teacher")
