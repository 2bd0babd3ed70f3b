"""Adam, and AdamW with its decoupled weight decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch.optim import Optimizer

from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.fit.optimizers.recipe import ParameterGroups


@OPTIMIZERS.register("Adam")
@dataclass(frozen=True)
class Adam:
    """Divides the gradient's running mean by the root of its running square. Weight decay is added to the gradient.

    Source: Kingma & Ba, ICLR 2015 (arXiv 1412.6980), algorithm 1.
    """

    beta1: float
    beta2: float
    epsilon: float

    customary_decay: ClassVar[float] = 0.0

    def build(self, groups: ParameterGroups) -> Optimizer:
        """Returns the optimizer over parameter groups."""
        return torch.optim.Adam(groups, lr=0.0, betas=(self.beta1, self.beta2), eps=self.epsilon, fused=True)


@OPTIMIZERS.register("AdamW")
@dataclass(frozen=True)
class AdamW:
    """Adam whose weight decay multiplies the weights by 1 - rate * decay, apart from the gradient.

    Source: Loshchilov & Hutter, ICLR 2019 (arXiv 1711.05101), algorithm 2.
    """

    beta1: float
    beta2: float
    epsilon: float

    customary_decay: ClassVar[float] = 0.01

    def build(self, groups: ParameterGroups) -> Optimizer:
        """Returns the optimizer over parameter groups."""
        return torch.optim.AdamW(groups, lr=0.0, betas=(self.beta1, self.beta2), eps=self.epsilon, fused=True)
