"""A ReLU with slopes of one's own, and the networks whose ReLUs it can replace."""

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
    """`kp x` above zero, `kn x` elsewhere; at zero its gradient is `kn`, as that of torch's leaky ReLU."""

    is_activation: ClassVar[bool] = True  # what cuts a network into layers takes it for a non-linearity

    def __init__(self, kn: float, kp: float) -> None:
        super().__init__()
        self.kn = kn
        self.kp = kp

    def forward(self, x: Tensor) -> Tensor:
        """What each number of `x` becomes; `x` is left as it is."""
        if self.kp == 1:
            return F.leaky_relu(x, self.kn)  # the same in one pass over the memory
        return torch.where(x > 0, self.kp * x, self.kn * x)

    def extra_repr(self) -> str:
        """The slopes."""
        return f"kn={self.kn}, kp={self.kp}"


@dataclass(frozen=True, kw_only=True)
class Rectified(Architecture):
    """A network with ReLUs, every one of which can be a `CustomReLU`; weights and layers are the same with both.

    Deviation: KD_wo_CE exchanges the ReLUs of each stage's first block alone, and a network so changed has other layer
    numbers there.

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
        network = self.rectified(shape, classes)
        if self.use_custom_relu:
            replace_relus(network, self.kn, self.kp)
        return network

    @abstractmethod
    def rectified(self, shape: Shape, classes: int) -> nn.Module:
        """The network with ReLUs; else as `Architecture.network`."""


def replace_relus(network: nn.Module, kn: float, kp: float) -> None:
    """Puts a `CustomReLU` of its own in the place of every ReLU of a network."""
    for name, module in list(network.named_modules(remove_duplicate=False)):
        if isinstance(module, nn.ReLU):
            network.set_submodule(name, CustomReLU(kn, kp))
