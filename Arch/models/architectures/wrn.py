"""The wide ResNets of the distillation benchmarks: three stages of pre-activation blocks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from Arch.models import MODELS
from Arch.models.architecture import Shape, stage_ends
from Arch.models.architectures.building_blocks import convolution, initialise_convolutions, normalisation, pooled_head
from Arch.models.architectures.custom_relu import ReLUArchitecture

WIDTHS = (16, 16, 32, 64)

# name -> depth, factor of the stages' widths, parameters for 100 classes and colour images
TABLE: Mapping[str, tuple[int, int, int]] = {
    "wrn_16_1": (16, 1, 180_916),
    "wrn_16_2": (16, 2, 703_284),
    "wrn_40_1": (40, 1, 569_780),
    "wrn_40_2": (40, 2, 2_255_156),
}


@dataclass(frozen=True)
class WideResNet(ReLUArchitecture):
    """A 3x3 stem, three stages of (depth - 4) / 6 pre-activation blocks, BatchNorm, ReLU, the mean, a linear head.

    Source: Zagoruyko & Komodakis, BMVC 2016 (arXiv 1605.07146), table 1, without dropout, in the form of RepDistiller's
    `models/wrn.py` (kaiming fan-out). The benchmarks' f0 is the stem's output, which is not a layer because it ends
    in no non-linearity; f1 ... f3 are sums before the next non-linearity. Deviations: the mean is over the map whatever
    its size, not 8x8; without BatchNorm the convolutions have biases and the blocks start as their shortcuts.
    """

    depth: ClassVar[int]
    factor: ClassVar[int]

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `fc` reads 64 times the factor features."""
        widths = (WIDTHS[0], *(width * self.factor for width in WIDTHS[1:]))
        children: dict[str, nn.Module] = OrderedDict(
            conv1=convolution((shape[0], widths[0]), 3, has_bias=not self.batch_norm)
        )
        for number, channels in enumerate(pairwise(widths), start=1):
            children[f"block{number}"] = self._stage(channels, stride=1 if number == 1 else 2)
        children |= {
            "bn1": normalisation(widths[-1], batch_norm=self.batch_norm),
            "relu": nn.ReLU(inplace=True),
            **pooled_head(widths[-1], classes, "fc"),
        }
        nn.init.zeros_(children["fc"].bias)  # type: ignore[arg-type]  # a linear layer has one
        network = nn.Sequential(OrderedDict(children))
        initialise_convolutions(network)
        if not self.batch_norm:
            _start_as_shortcuts(network)
        return network

    def _stage(self, channels: tuple[int, int], *, stride: int) -> nn.Sequential:
        """Builds the blocks of one stage, under the name `layer`; the first one strides."""
        width = channels[1]
        first = PreactivatedBlock(*channels, stride, batch_norm=self.batch_norm)
        others = ((self.depth - 4) // 6 - 1) * [(width, width, 1)]
        blocks = (PreactivatedBlock(*each, batch_norm=self.batch_norm) for each in others)
        return nn.Sequential(OrderedDict(layer=nn.Sequential(first, *blocks)))


class PreactivatedBlock(nn.Module):
    """Computes shortcut(x) + F(relu(bn(x))) where F is conv, BatchNorm, ReLU, conv; the first convolution strides.

    Where the widths differ the shortcut is a 1x1 convolution of relu(bn(x)), otherwise `x` itself.
    Source: He et al., ECCV 2016 (arXiv 1603.05027), figure 4(e).
    """

    def __init__(self, width_in: int, width: int, stride: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.bn1 = normalisation(width_in, batch_norm=batch_norm)
        self.relu1 = nn.ReLU()  # not in place: without BatchNorm it would overwrite x
        self.conv1 = convolution((width_in, width), 3, stride, has_bias=not batch_norm)
        self.bn2 = normalisation(width, batch_norm=batch_norm)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = convolution((width, width), 3, has_bias=not batch_norm)
        self.convShortcut = (  # named as in the benchmarks' weights
            None
            if width_in == width and stride == 1
            else convolution((width_in, width), 1, stride, has_bias=not batch_norm)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(B, width_in, H, W)` to `(B, width, H / stride, W / stride)`; `x` is not modified."""
        h = self.relu1(self.bn1(x))
        out = self.conv2(self.relu2(self.bn2(self.conv1(h))))
        return out + (x if self.convShortcut is None else self.convShortcut(h))  # type: ignore[no-any-return]  # untyped


def _start_as_shortcuts(network: nn.Module) -> None:
    """Zeroes each block's last convolution, as `building_blocks.start_blocks_as_identity`."""
    for module in network.modules():
        if isinstance(module, PreactivatedBlock):
            nn.init.zeros_(module.conv2.weight)


for _name, (_depth, _factor, _parameters) in TABLE.items():
    _about = f"Wide ResNet of {_depth} layers, {_factor} times as wide: {_parameters:,} parameters (100 classes)"
    _blocks = (_depth - 4) // 6
    _standard = (*stage_ends((_blocks,) * 3), 3 * _blocks + 1)
    _attributes = {"depth": _depth, "factor": _factor, "standard_layers": _standard}
    MODELS.register(_name, _about)(type(_name, (WideResNet,), _attributes))
