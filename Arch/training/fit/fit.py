"""What a run is made of, built from its config, and one epoch of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from Arch.datasets.normalization import Normalizer
from Arch.errors import NonFiniteLossError
from Arch.training.fit.augmentation import augmentation_of
from Arch.training.fit.batches import Batches
from Arch.training.fit.best import BestEpoch
from Arch.training.fit.learner import Learner, Recipe
from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.fit.optimizers.recipe import parameter_groups, slowed, weight_decay_of
from Arch.training.fit.schedules import SCHEDULES
from Arch.training.fit.schedules.schedule import Clock
from Arch.training.networks.trained import save_weights
from Arch.training.run.tensorboard import summary_writer
from Arch.training.streams import Streams, global_stream
from Arch.types import Epoch

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from Arch.config.config import Config
    from Arch.datasets.data import ImageData
    from Arch.models.imodel import IModel
    from Arch.training.fit.objective import Objective
    from Arch.training.fit.running_means import RunningMeans
    from Arch.training.itrainer import ITrainer
    from Arch.training.networks.pretrained import WarmStart
    from Arch.training.run.stopwatch import Watch


@dataclass(frozen=True)
class Fit:
    """A run that is ready to begin: everything that a config can get wrong has been built.

    Attributes:
        trainer: whose run it is; it evaluates.
        dataset: on the device.
        streams: of this run.
        batches: of the training samples.
        learner: the network and how it learns.
        best: sees every evaluated epoch.
    """

    trainer: ITrainer
    dataset: ImageData
    streams: Streams
    batches: Batches
    learner: Learner
    best: BestEpoch

    @classmethod
    def prepare(cls, trainer: ITrainer, dataset: ImageData, index: int) -> Fit:
        """Builds run number `index` of a trainer's experiment.

        Raises:
            ArchError: its config cannot be carried out.
        """
        config, engine = trainer.config, trainer.engine
        streams = Streams(config["Seed"], index)
        augmentation = augmentation_of(config)
        if augmentation:
            augmentation.require_fitting(dataset)
        if config.option("TensorBoard"):
            summary_writer()
        with global_stream(streams.initialisation, engine.device):
            network = engine.place(trainer.load_model(dataset))
            objective = trainer.objective(dataset, network)
        recipe = config.fill(Recipe, "Recipe")
        schedule = config.fill(SCHEDULES[config["LRScheduler"]], config["LRScheduler"])
        start = trainer.start
        optimizer = _optimizer(config, network, objective, start)
        frozen_modules = start.frozen_modules(network) if start else ()
        learner = Learner(
            network, objective, optimizer, schedule, recipe=recipe, engine=engine, frozen_modules=frozen_modules
        )
        batches = Batches(
            dataset.train,
            Normalizer.of(dataset.normalization, dataset.shape, engine.device),
            recipe.batch_size,
            streams,
            augmentation,
            objective.augments_teacher,
            engine.streams(dataset.train),
            engine.batches_at_once(recipe.batch_size, dataset.shape),
        )
        return cls(trainer, dataset, streams, batches, learner, BestEpoch(_chooses_on(config, dataset)))

    def epoch(self, number: int, means: RunningMeans, watch: Watch, step_done: Callable[[], None]) -> Epoch:
        """Trains what is left of an epoch, and evaluates.

        Args:
            number: one-based.
            means: of the epoch's batches so far.
            watch: of the epoch's time; it runs.
            step_done: called after each step.

        Raises:
            NonFiniteLossError: a loss or a score was not finite.
        """
        learner, steps = self.learner, self.batches.steps
        rate = learner.schedule.rate(Clock((number - 1) * steps, steps, learner.recipe.num_epochs))
        train = learner.train_epoch(self.batches.epoch(number, means.batches), steps, step_done, means)
        seconds = watch.seconds
        if not math.isfinite(train["loss"]):
            raise NonFiniteLossError(number, self.streams.run)
        test, validation = self._scores(number, "test"), self._scores(number, "validation")
        epoch = Epoch(number, train, test, validation, rate, seconds)
        self.best.observe(epoch, learner.evaluated)
        return epoch

    def save_weights(self, folder: Path) -> None:
        """Writes the last weights into `folder`, and the best ones if they were chosen. Raises DiskError."""
        save_weights(folder / "Last.safetensors", self.learner.evaluated.state_dict())
        if self.best.weights:
            save_weights(folder / "Best.safetensors", self.best.weights)

    def _scores(self, number: int, split: str) -> dict[str, float]:
        is_absent = split == "validation" and self.dataset.validation is None
        if is_absent or not self.learner.recipe.evaluates(number):
            return {}
        scores = dict(self.trainer.evaluate(self.learner.evaluated, self.dataset, split))
        if not all(math.isfinite(each) for each in scores.values()):
            raise NonFiniteLossError(number, self.streams.run)
        return scores


def _optimizer(config: Config, network: IModel, objective: Objective, start: WarmStart | None) -> Optimizer:
    recipe = OPTIMIZERS[config["Optimizer"]]
    groups = parameter_groups(
        (network, *objective.modules),
        weight_decay_of(recipe, config["WeightDecay"]),
        decays_norm_and_bias=config["DecayNormAndBias"],
    )
    if start and not start.is_frozen:
        groups = slowed(groups, start.backbone(network), start.multiplier)
    return config.fill(recipe, config["Optimizer"]).build(groups)


def _chooses_on(config: Config, dataset: ImageData) -> str | None:
    if config["Select"] == "test":
        return "test"
    return "validation" if dataset.validation is not None else None
