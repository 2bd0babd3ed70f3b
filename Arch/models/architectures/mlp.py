"""A multilayer perceptron on raw pixels."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from torch import nn

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architecture import Shape
from Arch.models.architectures.custom_relu import ReLUArchitecture


@MODELS.register("MLP", "Multilayer perceptron on the flattened image; 512-512 on 8x8 digits: 301,066 parameters")
@dataclass(frozen=True)
class MLP(ReLUArchitecture):
    """Flatten, then per hidden layer Linear, ReLU and dropout, then a linear head.

    Hidden weights are drawn from N(0, 2 / fan_in) (He et al., ICCV 2015, arXiv 1502.01852, equation 10) with zero
    biases; the head keeps torch's initialisation.

    Attributes:
        widths: the widths of the hidden layers; without any, the network is softmax regression.
        dropout: probability in [0, 1) of dropping a hidden activation.
    """

    widths: tuple[int, ...]
    dropout: float

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `fc` reads the last hidden layer."""
        self._require_valid()
        children: dict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
        width_in = math.prod(shape)
        for number, width in enumerate(self.widths, start=1):
            children[f"fc{number}"] = hidden = nn.Linear(width_in, width)
            nn.init.kaiming_normal_(hidden.weight, nonlinearity="relu")
            nn.init.zeros_(hidden.bias)
            children[f"relu{number}"] = nn.ReLU(inplace=True)
            children[f"dropout{number}"] = nn.Dropout(self.dropout)
            width_in = width
        children["fc"] = nn.Linear(width_in, classes)
        return nn.Sequential(OrderedDict(children))

    def _require_valid(self) -> None:
        if any(width < 1 for width in self.widths):
            raise ModelError(f"MLPWidths are the hidden layers' widths, each at least 1, not {list(self.widths)}.")
        if not 0 <= self.dropout < 1:
            raise ModelError(f"MLPDropout is a probability in [0, 1), not {self.dropout}.")
