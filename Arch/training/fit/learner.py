"""Trains one network: optimizer steps, and epochs of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from Arch.models.copying import require_independent
from Arch.models.imodel import IModel
from Arch.tensors import Batch, Trace
from Arch.training.engine import Engine
from Arch.training.fit.averaging import WeightAverage
from Arch.training.fit.objective import Objective
from Arch.training.fit.optimizers.recipe import RATE_MULTIPLIER
from Arch.training.fit.running_means import RunningMeans
from Arch.training.fit.schedules.schedule import Clock, Schedule


@dataclass(frozen=True)
class Recipe:
    """The length of a fit and its safeguards.

    Attributes:
        batch_size: samples per step.
        num_epochs: passes over the training samples.
        eval_interval: epochs between evaluations; the last epoch always has one.
        gradient_clipping: largest L2 norm of the whole gradient; 0 clips nothing.
        ema_decay: decay of the averaged weights; 0 averages nothing.
    """

    batch_size: int
    num_epochs: int
    eval_interval: int
    gradient_clipping: float
    ema_decay: float

    def evaluates(self, epoch: int) -> bool:
        """Returns whether the one-based `epoch` is evaluated."""
        return epoch % self.eval_interval == 0 or epoch == self.num_epochs


class Learner:
    """A network with its objective, optimizer and schedule.

    Invariant: no step synchronises with the device; losses are summed there and read once per epoch.
    """

    def __init__(
        self,
        network: IModel,
        objective: Objective,
        optimizer: Optimizer,
        schedule: Schedule,
        *,
        recipe: Recipe,
        engine: Engine,
        frozen_modules: Sequence[nn.Module] = (),
    ) -> None:
        """Takes a network and how to train it; `frozen_modules` are those that stay in evaluation mode.

        Raises:
            ModelError: weights are averaged, and a copy of the network would not compute by itself.
        """
        self.network, self.objective, self.optimizer, self.schedule = network, objective, optimizer, schedule
        self.recipe, self.engine, self.frozen_modules = recipe, engine, frozen_modules
        self.average = WeightAverage(network, recipe.ema_decay) if recipe.ema_decay else None
        if self.average:
            require_independent(self.average.network, network)
        self.steps_done = 0
        self._parameters = [each for group in optimizer.param_groups for each in group["params"]]

    @property
    def evaluated(self) -> IModel:
        """The network that is evaluated and saved: the averaged one where weights are averaged."""
        return self.average.network if self.average else self.network

    def clock(self, steps_per_epoch: int) -> Clock:
        """Returns the number of steps that are done, as schedules read it."""
        return Clock(self.steps_done, steps_per_epoch, self.recipe.num_epochs)

    def means(self) -> RunningMeans:
        """Returns running means, still empty, of the values that `step` returns."""
        names = ("loss", *(f"loss/{name}" for name in self.objective.names), "accuracy")
        return RunningMeans(names, self.engine.device)

    def train_epoch(
        self, batches: Iterator[Batch], steps: int, step_done: Callable[[], None], means: RunningMeans | None = None
    ) -> Mapping[str, float]:
        """Does one step for each batch of an epoch.

        Args:
            batches: the remaining ones of the epoch.
            steps: the number of batches of a whole epoch.
            step_done: called after each step; if it raises, the state is that between two steps.
            means: the means of the epoch's earlier batches, to which these are added; None if there are none.

        Returns:
            The means over the samples of the epoch: `loss`, `accuracy`, and `loss/TERM` for each term, without its
            weight, so that it compares between weights.
        """
        means = means or self.means()
        self.network.train()
        for module in self.frozen_modules:
            module.training = False
        for batch in batches:
            means.add(self.step(batch, steps), len(batch.labels))
            step_done()
        return means.means()

    def step(self, batch: Batch, steps_per_epoch: int) -> Tensor:
        """Does one optimizer step; returns the batch's `(M,)` values for `means`, in its order, on the device."""
        rate = self.schedule.rate(self.clock(steps_per_epoch))
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get(RATE_MULTIPLIER, 1.0)
        with self.engine.autocast():
            traced = self.network.trace(batch.images)
        student = Trace(traced.logits.float(), traced.features)
        loss, parts = self.objective(batch, student)
        self._descend(loss)
        accuracy = (student.logits.detach().argmax(dim=1) == batch.larger_labels).float().mean()
        return torch.stack([each.detach() for each in (loss, *parts, accuracy)])

    def _descend(self, loss: Tensor) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        if self.recipe.gradient_clipping:
            nn.utils.clip_grad_norm_(self._parameters, self.recipe.gradient_clipping)
        self.optimizer.step()
        self.steps_done += 1
        if self.average:
            self.average.update()

    def state(self) -> dict[str, Any]:
        """Returns all that the next step depends on, except the batch and the random generators."""
        average = self.average
        return {
            "steps_done": self.steps_done,
            "network": dict(self.network.state_dict()),
            "terms": [dict(each.state_dict()) for each in self.objective.modules],
            "average": dict(average.network.state_dict()) if average else None,
            "has_average_begun": average.has_begun if average else False,
            "optimizer": self.optimizer.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Restores a `state`, with the memory layout of every tensor.

        Raises:
            RuntimeError, ValueError, KeyError: it is that of another network, objective or optimizer; a part of it
                may have been loaded.
        """
        self.network.load_state_dict(state["network"])
        for module, own in zip(self.objective.modules, state["terms"], strict=True):
            module.load_state_dict(own)
        if (self.average is None) != (state["average"] is None):
            raise ValueError("only one of the two has averaged weights")
        if self.average:
            self.average.network.load_state_dict(state["average"])
            self.average.has_begun = state["has_average_begun"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps_done = state["steps_done"]
