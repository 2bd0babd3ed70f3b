"""An exponential moving average of a network's weights."""

from __future__ import annotations

import torch

from Arch.models.copying import copied
from Arch.models.imodel import IModel


class WeightAverage:
    """A second network that follows the trained one: e_1 = w_1, then e_t = d e_(t-1) + (1 - d) w_t after each step.

    Every floating-point entry of the state is averaged, running statistics of normalisation included, so that
    they belong to the averaged weights; counters are copied. No bias correction is needed, since e_1 = w_1.

    Attributes:
        network: the averaged one.
        decay: d.
        has_begun: whether e_1 is set.

    Source: Polyak & Juditsky 1992 for averaging; the exponential form as in `torch.optim.swa_utils.AveragedModel`.
    """

    def __init__(self, network: IModel, decay: float) -> None:
        """Takes the network to follow and the decay d in (0, 1)."""
        self.network = copied(network).requires_grad_(requires_grad=False).eval()
        self.decay = decay
        self.has_begun = False
        averages, weights = self.network.state_dict(), network.state_dict()
        self._averaged = [(averages[key], weights[key]) for key in averages if averages[key].is_floating_point()]
        self._copied = [(averages[key], weights[key]) for key in averages if not averages[key].is_floating_point()]

    @torch.no_grad()
    def update(self) -> None:
        """Moves the average towards the network's current weights."""
        decay = self.decay if self.has_begun else 0.0
        self.has_begun = True
        if self._averaged:
            averages, weights = zip(*self._averaged, strict=True)
            torch._foreach_lerp_(averages, weights, 1.0 - decay)
        for target, source in self._copied:
            target.copy_(source)
