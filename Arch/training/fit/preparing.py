"""Builds a fit from a config, so that faults of the config appear before the first step."""

from __future__ import annotations

from torch.optim import Optimizer

from Arch.config.config import Config
from Arch.datasets.data import ImageData
from Arch.datasets.normalization import Normalizer
from Arch.models.imodel import IModel
from Arch.training.fit.augmentation import augmentation_of
from Arch.training.fit.batches import Batches
from Arch.training.fit.best import BestEpoch
from Arch.training.fit.fit import Evaluate, Fit
from Arch.training.fit.learner import Learner, Recipe
from Arch.training.fit.objective import Objective
from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.fit.optimizers.recipe import parameter_groups, weight_decay_of, with_rate_multiplier
from Arch.training.fit.schedules import SCHEDULES
from Arch.training.networks.pretrained import WarmStart
from Arch.training.streams import Streams
from Arch.training.study import Study


def fit_of(
    study: Study,
    dataset: ImageData,
    network: IModel,
    objective: Objective,
    streams: Streams,
    *,
    evaluate: Evaluate,
    headline: str,
    start: WarmStart | None = None,
) -> Fit:
    """Builds the fit of a study's config.

    Args:
        study: its config has the keys of recipe, optimizer, schedule and augmentation.
        dataset: on the device.
        network: freshly initialised, on the device.
        objective: the objective of the fit.
        streams: the streams of the run.
        evaluate: returns the scores of a network on a split.
        headline: the score that the best epoch is chosen by.
        start: the warm start of the network; None for random weights.

    Raises:
        ArchError: values of the config contradict each other or the data.
    """
    learner = _learner(study, network, objective, start)
    batches = _batches(study, dataset, objective, streams)
    best = BestEpoch(_selection_split(study.config, dataset), headline)
    return Fit(dataset, batches, learner, best, evaluate, start=start)


def _batches(study: Study, dataset: ImageData, objective: Objective, streams: Streams) -> Batches:
    engine, batch_size = study.engine, study.config["BatchSize"]
    augmentation = augmentation_of(study.config)
    if augmentation:
        augmentation.require_fitting(dataset)
    return Batches(
        dataset.train,
        Normalizer.of(dataset.normalization, dataset.shape, engine.device),
        batch_size,
        streams,
        augmentation,
        objective.augments_teacher,
        engine.streams(dataset.train),
        engine.batches_at_once(batch_size, dataset.shape),
    )


def _learner(study: Study, network: IModel, objective: Objective, start: WarmStart | None) -> Learner:
    config = study.config
    return Learner(
        network,
        objective,
        _optimizer(config, network, objective, start),
        config.fill(SCHEDULES[config["LRScheduler"]], config["LRScheduler"]),
        recipe=config.fill(Recipe, "Recipe"),
        engine=study.engine,
        frozen_modules=start.frozen_modules(network) if start else (),
    )


def _optimizer(config: Config, network: IModel, objective: Objective, start: WarmStart | None) -> Optimizer:
    recipe = OPTIMIZERS[config["Optimizer"]]
    groups = parameter_groups(
        (network, *objective.modules),
        weight_decay_of(recipe, config["WeightDecay"]),
        decays_norm_and_bias=config["DecayNormAndBias"],
    )
    if start and not start.is_frozen:
        groups = with_rate_multiplier(groups, start.backbone(network), start.multiplier)
    return config.fill(recipe, config["Optimizer"]).build(groups)


def _selection_split(config: Config, dataset: ImageData) -> str | None:
    if config["Select"] == "test":
        return "test"
    return "validation" if dataset.validation is not None else None
