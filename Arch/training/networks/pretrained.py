"""A network that begins from the weights of another one, and how its backbone then learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from Arch.errors import ConfigError
from Arch.models.architecture import Architecture
from Arch.models.imodel import IModel
from Arch.models.weights.loading import LoadReport, head_names, warm_start
from Arch.training.networks.given import GivenNetwork

FROZEN = -1.0  # the value of BackboneLRMultiplier that stands for a backbone that does not learn


@dataclass(frozen=True)
class WarmStart:
    """How a network began.

    Attributes:
        source: whose weights it has.
        fit: what of them it took over.
        multiplier: of the learning rate of what it took over, or `FROZEN`; the head learns at the full rate, and so
            does what starts afresh.
    """

    source: str
    fit: LoadReport
    multiplier: float

    @property
    def is_frozen(self) -> bool:
        """Whether what was taken over is not learned, and the backbone stays in evaluation mode."""
        return self.multiplier == FROZEN

    def backbone(self, model: IModel) -> tuple[nn.Parameter, ...]:
        """The parameters that were taken over and do not belong to the head."""
        inside = set(head_parameters(model))
        named = model.network.named_parameters()
        return tuple(each for name, each in named if name in self.fit.taken and each not in inside)

    def frozen_modules(self, model: IModel) -> tuple[nn.Module, ...]:
        """The modules that stay in evaluation mode while the network trains: all but the head, if it is frozen.

        BatchNorm there keeps the statistics that it came with, and nothing is dropped.
        """
        if not self.is_frozen:
            return ()
        inside = set(head_modules(model))
        return tuple(each for each in model.network.modules() if each not in inside)

    def record(self) -> dict[str, object]:
        """What a run records of it, beside where the weights came from."""
        fit = self.fit
        return {"fresh": list(fit.fresh), "left_out": list(fit.left_out), "resized": list(fit.resized)}

    def __str__(self) -> str:
        """A line for the log."""
        fit = self.fit
        told = {"start afresh": fit.fresh, "of it have no place here": fit.left_out, "resized": fit.resized}
        rest = "".join(f"; {', '.join(names)} {words}" for words, names in told.items() if names)
        return f"begins from {self.source}: {len(fit.taken)} tensors taken over{rest}"


def begin(model: IModel, architecture: Architecture, given: GivenNetwork, multiplier: float) -> WarmStart:
    """Lets a freshly drawn network begin from another one's weights, and freezes the backbone if that is asked for.

    Raises:
        ConfigError: the multiplier means nothing.
        ModelError: the weights are not to be had, or do not fit.
    """
    if multiplier < 0 and multiplier != FROZEN:
        raise ConfigError(f"BackboneLRMultiplier is at least 0, or -1 for a frozen backbone, not {multiplier:g}.")
    start = WarmStart(given.title, warm_start(model, architecture, given.state(), given.title), multiplier)
    if start.is_frozen:
        for each in start.backbone(model):
            each.requires_grad = False
    return start


def head_modules(model: IModel) -> Sequence[nn.Module]:
    """The modules of the head: of one that cannot be cut, those that make the logits."""
    return tuple(model.head.modules()) if model.is_cut else tuple(map(model.network.get_submodule, head_names(model)))


def head_parameters(model: IModel) -> Sequence[nn.Parameter]:
    """The parameters of the head."""
    if model.is_cut:
        return tuple(model.head.parameters())
    return tuple(each for module in head_modules(model) for each in module.parameters())
