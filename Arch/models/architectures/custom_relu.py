"""A ReLU with configurable slopes, and the base class of networks whose ReLUs it can replace."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Architecture, Shape


class CustomReLU(nn.Module):
    """Returns `kp x` above zero and `kn x` elsewhere; its gradient at zero is `kn`, as for torch's leaky ReLU."""

    is_activation: ClassVar[bool] = True  # so that a layer ends with it

    def __init__(self, kn: float, kp: float) -> None:
        super().__init__()
        self.kn = kn
        self.kp = kp

    def forward(self, x: Tensor) -> Tensor:
        """Maps each number of `x`; `x` is not modified."""
        if self.kp == 1:
            return F.leaky_relu(x, self.kn)  # the same in one pass over the memory
        return torch.where(x > 0, self.kp * x, self.kn * x)

    def extra_repr(self) -> str:
        """Returns the slopes."""
        return f"kn={self.kn}, kp={self.kp}"


@dataclass(frozen=True, kw_only=True)
class ReLUArchitecture(Architecture):
    """A network with ReLUs, all of which can be replaced by a `CustomReLU`; weights and layers keep their names.

    Deviation: KD_wo_CE replaces only the ReLUs of each stage's first block, and the layers of a network so changed are
    numbered differently there.

    Attributes:
        use_custom_relu: whether every ReLU is replaced.
        kn: the slope below zero.
        kp: the slope above zero.
    """

    use_custom_relu: bool = False
    kn: float = 0.236
    kp: float = 1.0

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`.

        Raises:
            ModelError: a slope is not finite.
        """
        if not (math.isfinite(self.kn) and math.isfinite(self.kp)):
            raise ModelError(f"Kn and Kp are slopes, finite numbers, not {self.kn} and {self.kp}.")
        network = self.relu_network(shape, classes)
        if self.use_custom_relu:
            replace_relus(network, self.kn, self.kp)
        return network

    @abstractmethod
    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """Builds the network with ReLUs; otherwise as `Architecture.network`."""


def replace_relus(network: nn.Module, kn: float, kp: float) -> None:
    """Replaces every ReLU of a network by a `CustomReLU` of its own."""
    for name, module in list(network.named_modules(remove_duplicate=False)):
        if isinstance(module, nn.ReLU):
            network.set_submodule(name, CustomReLU(kn, kp))
