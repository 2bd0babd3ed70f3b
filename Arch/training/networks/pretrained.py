"""Initialises a network with pretrained weights, and gives the learning-rate factor of its backbone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from Arch.errors import ConfigError
from Arch.models.architecture import Architecture
from Arch.models.imodel import IModel
from Arch.models.weights.loading import LoadReport, head_names, warm_start
from Arch.training.networks.given import GivenNetwork

FROZEN = -1.0  # the value of BackboneLRMultiplier for a frozen backbone


@dataclass(frozen=True)
class WarmStart:
    """The initialisation of a network with pretrained weights.

    Attributes:
        source: the title of the pretrained network.
        fit: which of its tensors were loaded.
        multiplier: factor of the learning rate of the loaded parameters, or `FROZEN`; the head and newly initialised
            parameters are trained at the full rate.
    """

    source: str
    fit: LoadReport
    multiplier: float

    @property
    def is_frozen(self) -> bool:
        """Whether the loaded parameters are not trained, and the backbone stays in evaluation mode."""
        return self.multiplier == FROZEN

    def backbone(self, model: IModel) -> tuple[nn.Parameter, ...]:
        """Returns the parameters that were loaded and do not belong to the head."""
        head = set(head_parameters(model))
        named = model.network.named_parameters()
        return tuple(each for name, each in named if name in self.fit.taken and each not in head)

    def frozen_modules(self, model: IModel) -> tuple[nn.Module, ...]:
        """Returns the modules that stay in evaluation mode in training: all except the head, if the backbone is frozen.

        Their batch normalisation keeps its pretrained statistics, and their dropout is off.
        """
        if not self.is_frozen:
            return ()
        head = set(head_modules(model))
        return tuple(each for each in model.network.modules() if each not in head)

    def record(self) -> dict[str, object]:
        """Returns what a run records of it, besides the source of the weights."""
        fit = self.fit
        return {"fresh": list(fit.fresh), "left_out": list(fit.left_out), "resized": list(fit.resized)}

    def __str__(self) -> str:
        """Describes it in a line for the log."""
        fit = self.fit
        parts = {"newly initialised": fit.fresh, "not used": fit.left_out, "resized": fit.resized}
        rest = "".join(f"; {', '.join(names)} {words}" for words, names in parts.items() if names)
        return f"warm start from {self.source}: {len(fit.taken)} tensors loaded{rest}"


def begin(model: IModel, architecture: Architecture, given: GivenNetwork, multiplier: float) -> WarmStart:
    """Loads pretrained weights into a new network, and freezes the backbone if `multiplier` is `FROZEN`.

    Raises:
        ConfigError: the multiplier is negative and not `FROZEN`.
        ModelError: the weights are not available, or do not fit.
    """
    if multiplier < 0 and multiplier != FROZEN:
        raise ConfigError(f"BackboneLRMultiplier is at least 0, or -1 for a frozen backbone, not {multiplier:g}.")
    start = WarmStart(given.title, warm_start(model, architecture, given.state(), given.title), multiplier)
    if start.is_frozen:
        for each in start.backbone(model):
            each.requires_grad = False
    return start


def head_modules(model: IModel) -> Sequence[nn.Module]:
    """Returns the modules of the head; of a network that cannot be cut, those that compute the logits."""
    return tuple(model.head.modules()) if model.is_cut else tuple(map(model.network.get_submodule, head_names(model)))


def head_parameters(model: IModel) -> Sequence[nn.Parameter]:
    """Returns the parameters of the head."""
    if model.is_cut:
        return tuple(model.head.parameters())
    return tuple(each for module in head_modules(model) for each in module.parameters())
