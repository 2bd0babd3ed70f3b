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
    """SGD with momentum, or with Nesterov's momentum. Weight decay is added to the gradient."""

    momentum: float
    nesterov: bool

    customary_decay: ClassVar[float] = 1e-4

    def build(self, groups: ParameterGroups) -> Optimizer:
        """Returns the optimizer over parameter groups.

        Raises:
            ConfigError: Nesterov is on without momentum.
        """
        if self.nesterov and self.momentum == 0:
            raise ConfigError("Nesterov needs a Momentum above 0.")
        return torch.optim.SGD(groups, lr=0.0, momentum=self.momentum, nesterov=self.nesterov, fused=True)
