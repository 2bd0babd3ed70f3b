"""Stochastic gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch.optim import Optimizer

from Arch.errors import ConfigError
from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.fit.optimizers.recipe import ParameterGroups


@OPTIMIZERS.register("SGD")
@dataclass(frozen=True)
class SGD:
    """Steps along a momentum of the gradient; `nesterov` looks ahead along it. Decay is part of the gradient."""

    momentum: float
    nesterov: bool

    customary_decay: ClassVar[float] = 1e-4

    def build(self, groups: ParameterGroups) -> Optimizer:
        """The optimizer over parameter groups.

        Raises:
            ConfigError: Nesterov without momentum, which means nothing.
        """
        if self.nesterov and self.momentum == 0:
            raise ConfigError("Nesterov looks ahead along the momentum, so it needs a Momentum above 0.")
        return torch.optim.SGD(groups, lr=0.0, momentum=self.momentum, nesterov=self.nesterov, fused=True)
