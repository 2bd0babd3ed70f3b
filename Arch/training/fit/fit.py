"""The stage that fits a network: epochs of optimizer steps, each followed by an evaluation."""

from __future__ import annotations

import bisect
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from Arch.datasets.data import ImageData
from Arch.errors import NonFiniteLossError
from Arch.models.imodel import IModel
from Arch.training.fit.batches import Batches
from Arch.training.fit.best import BestEpoch
from Arch.training.fit.learner import Learner
from Arch.training.fit.running_means import RunningMeans
from Arch.training.fit.schedules.schedule import Clock
from Arch.training.networks.pretrained import WarmStart
from Arch.training.run.stage import Monitor, Outcome, Reached, Stage
from Arch.training.run.state import epochs_in, seconds_in
from Arch.training.run.stopwatch import Stopwatch
from Arch.training.scores import Array, Scores
from Arch.types import Epoch

Evaluate = Callable[[IModel, ImageData, str], Scores | Mapping[str, float]]


class Fit(Stage):
    """Fits a network for the epochs of its recipe.

    Attributes:
        dataset: on the device.
        batches: the batches of the training samples.
        learner: the network, its objective and its optimizer.
        best: observes every evaluated epoch.
        epochs: the finished ones.
    """

    def __init__(
        self,
        dataset: ImageData,
        batches: Batches,
        learner: Learner,
        best: BestEpoch,
        evaluate: Evaluate,
        *,
        start: WarmStart | None = None,
        name: str = "fit",
    ) -> None:
        """Takes data, network and evaluation; nothing is computed.

        Args:
            dataset: on the device.
            batches: the batches of the training samples.
            learner: the network, its objective and its optimizer.
            best: chooses the best epoch.
            evaluate: returns the scores of a network on a split of a dataset.
            start: the warm start of the network; None for random weights.
            name: the name of the stage, unique in its run.
        """
        self.name, self.dataset, self.batches, self.learner, self.best = name, dataset, batches, learner, best
        self.epochs: list[Epoch] = []
        self._teacher = learner.objective.teacher
        self.notes = (*((str(start),) if start else ()), *(self._teacher.notes if self._teacher else ()))
        self._evaluate, self._start = evaluate, start
        self._means, self._watch = learner.means(), Stopwatch()
        self._arrays: Mapping[str, Array] = {}
        self._past_seconds = 0.0  # of training in finished epochs
        self._evaluated = [each for each in range(1, learner.recipe.num_epochs + 1) if learner.recipe.evaluates(each)]
        self.steps = learner.recipe.num_epochs * batches.steps
        self.plan = f"{learner.recipe.num_epochs} epochs of {batches.steps} steps"

    @property
    def steps_done(self) -> int:
        """See `Stage.steps_done`."""
        return self.learner.steps_done

    def run(self, monitor: Monitor) -> None:
        """See `Stage.run`."""
        while (number := len(self.epochs) + 1) <= self.learner.recipe.num_epochs:
            epoch = self._epoch(number, monitor.step_done)
            self.epochs.append(epoch)
            self._past_seconds += epoch.seconds
            self._means, self._watch = self.learner.means(), Stopwatch()
            monitor.epoch_done(epoch)

    def state(self) -> dict[str, Any]:
        """See `Stage.state`."""
        return {
            **self._layout(),
            "learner": self.learner.state(),
            "best": self.best.state(),
            "means": self._means.state(),
            "epochs": [dataclasses.asdict(epoch) for epoch in self.epochs],
            "epoch_seconds": self._watch.seconds,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """See `Stage.load`."""
        for name, value in self._layout().items():
            if state[name] != value:
                raise ValueError(f"its {name} is {state[name]}, not {value}")
        means, epochs = self.learner.means(), epochs_in(state["epochs"])
        means.load(state["means"])
        self.learner.load(state["learner"])
        best, device = state["best"], self.learner.engine.device
        self.best.load({**best, "weights": {key: each.to(device) for key, each in best["weights"].items()}}, epochs)
        self._require_one_step(epochs, means)
        self._means, self._watch = means, Stopwatch(seconds_in(state["epoch_seconds"]))
        self.epochs[:] = epochs
        self._past_seconds = sum(epoch.seconds for epoch in epochs)

    def reached(self) -> Reached:
        """See `Stage.reached`."""
        epochs, done = self.learner.recipe.num_epochs, len(self.epochs)
        text = f"{done} of {epochs} epochs and {self.steps_done} of {self.steps} steps are done"
        scores = {"loss": self.epochs[-1].train["loss"]} if self.epochs else {}
        evaluated = next((epoch for epoch in reversed(self.epochs) if epoch.test), None)
        past = bisect.bisect_right(self._evaluated, done)
        return Reached(
            text,
            {**scores, **(evaluated.test if evaluated else {})},
            done,
            epochs,
            seconds=self._past_seconds + self._watch.seconds,
            evaluations=past,
            evaluations_left=len(self._evaluated) - past,
        )

    def outcome(self) -> Outcome:
        """Returns scores and weights of the last epoch and, where one is chosen, of the best, and the last arrays."""
        weights = {"Last": self.learner.evaluated.state_dict()}
        if self.best.weights:
            weights["Best"] = dict(self.best.weights)
        scores = {**self.epochs[-1].test, **self.best.scores()}
        return Outcome(scores, tuple(self.epochs), weights, self._arrays)

    def record(self) -> dict[str, Any]:
        """See `Stage.record`."""
        pretrained = {"pretrained": self._start.record()} if self._start else {}
        teacher = {"frozen_teacher": self._teacher.record()} if self._teacher else {}
        trained = sum(each.numel() for each in self.learner.network.parameters() if each.requires_grad)
        return {"steps_per_epoch": self.batches.steps, "trainable_parameters": trained, **pretrained, **teacher}

    def _epoch(self, number: int, step_done: Callable[[], None]) -> Epoch:
        """Does the remaining steps of the one-based epoch `number`, and evaluates."""
        self._watch.start()
        learner, steps = self.learner, self.batches.steps
        rate = learner.schedule.rate(Clock((number - 1) * steps, steps, learner.recipe.num_epochs))
        train = learner.train_epoch(self.batches.epoch(number, self._means.batches), steps, step_done, self._means)
        seconds = self._watch.seconds
        if not math.isfinite(train["loss"]):
            raise NonFiniteLossError(number, self.batches.streams.run)
        epoch = Epoch(number, train, self._scores(number, "test"), self._scores(number, "validation"), rate, seconds)
        self.best.observe(epoch, learner.evaluated)
        return epoch

    def _scores(self, number: int, split: str) -> dict[str, float]:
        is_absent = split == "validation" and self.dataset.validation is None
        if is_absent or not self.learner.recipe.evaluates(number):
            return {}
        found = self._evaluate(self.learner.evaluated, self.dataset, split)
        if not isinstance(found, Scores):  # a plugin may return numbers alone
            found = Scores(found)
        if not all(math.isfinite(each) for each in found.numbers.values()):
            raise NonFiniteLossError(number, self.batches.streams.run)
        if split == "test":
            self._arrays = found.arrays
        return dict(found.numbers)

    def _layout(self) -> dict[str, Any]:
        """Returns the properties that a state and the fit that loads it must have in common."""
        return {"optimizer": type(self.learner.optimizer).__name__, "steps_per_epoch": self.batches.steps}

    def _require_one_step(self, epochs: Sequence[Epoch], means: RunningMeans) -> None:
        steps = len(epochs) * self.batches.steps + means.batches
        if steps != self.steps_done:
            raise ValueError(f"it has {self.steps_done} steps, and {steps} by its epochs")
