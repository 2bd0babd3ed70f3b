"""Declares the interface of an optimizer's recipe, and groups parameters by decay and learning rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Protocol

from torch import nn
from torch.optim import Optimizer

from Arch.errors import ConfigError

CUSTOMARY = -1.0  # the value of WeightDecay that stands for an optimizer's own customary decay

RATE_MULTIPLIER = "lr_multiplier"  # of a parameter group: the factor on the schedule's rate, 1 where it has none

ParameterGroups = Sequence[dict[str, Any]]


class OptimizerRecipe(Protocol):
    """An optimizer's parameters except the learning rate, which the schedule sets before every step.

    Attributes:
        customary_decay: the weight decay that `WeightDecay` -1 stands for.
    """

    customary_decay: ClassVar[float]

    def build(self, groups: ParameterGroups) -> Optimizer:
        """Returns an optimizer over parameter groups that carry their own `weight_decay`; its state is empty."""


def weight_decay_of(recipe: type[OptimizerRecipe], configured: float) -> float:
    """Returns the weight decay that a configured `WeightDecay` stands for with an optimizer.

    Raises:
        ConfigError: it is negative and not -1.
    """
    if configured == CUSTOMARY:
        return recipe.customary_decay
    if configured < 0:
        raise ConfigError(
            f"WeightDecay must be at least 0, or -1 for the optimizer's customary one; it is {configured:g}."
        )
    return configured


def parameter_groups(
    modules: Iterable[nn.Module], weight_decay: float, *, decays_norm_and_bias: bool
) -> list[dict[str, Any]]:
    """Groups the trainable parameters of `modules` by whether they decay.

    Args:
        modules: the student and the loss terms that are trained.
        weight_decay: at least 0.
        decays_norm_and_bias: whether parameters with fewer than two axes (the scales and shifts of normalisation,
            every bias) decay like the weights; if not, they form a group of their own without decay.

    Returns:
        One or two groups, none of them empty.
    """
    parameters = [each for module in modules for each in module.parameters() if each.requires_grad]
    decaying = [each for each in parameters if decays_norm_and_bias or each.ndim > 1]
    constant = [each for each in parameters if not decays_norm_and_bias and each.ndim <= 1]
    groups = [
        {"params": decaying, "weight_decay": weight_decay},
        {"params": constant, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def with_rate_multiplier(
    groups: ParameterGroups, parameters: Iterable[nn.Parameter], multiplier: float
) -> list[dict[str, Any]]:
    """Splits the groups by whether their parameters have a multiplier of the learning rate.

    Args:
        groups: the result of `parameter_groups`.
        parameters: those with the multiplier.
        multiplier: at least 0.

    Returns:
        The groups of the other parameters, then those of `parameters` with `RATE_MULTIPLIER`, none of them empty.
    """
    slow = set(parameters)
    split = [{**group, "params": [each for each in group["params"] if each not in slow]} for group in groups]
    for group in groups:
        chosen = [each for each in group["params"] if each in slow]
        split.append({**group, "params": chosen, RATE_MULTIPLIER: multiplier})
    return [group for group in split if group["params"]]
