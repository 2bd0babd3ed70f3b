"""KD_wo_CE's MiniResNets: five stages of one convolution and one residual block, without BatchNorm."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from torch import nn

from Arch.models import MODELS
from Arch.models.architecture import Shape
from Arch.models.architectures.building_blocks import BasicBlock, convolution, pooled_head
from Arch.models.architectures.custom_relu import ReLUArchitecture

Five = tuple[int, int, int, int, int]

# name -> width of each stage, parameters for 10 classes and colour images
TABLE: Mapping[str, tuple[Five, int]] = {
    "MiniResNet": ((16, 32, 64, 96, 128), 1_150_090),
    "MiniResNetX2": ((32, 64, 128, 192, 256), 4_595_978),
}


@dataclass(frozen=True)
class MiniResNet(ReLUArchitecture):
    """Five stages of a convolution, a leaky ReLU and a residual block, a 2x2 convolution of stride 2, a linear head.

    The first stage's convolution is 3x3, the others' are 5x5 with stride 2, so that the last map is 2x2 at 32 pixels.
    Source: KD_wo_CE, `Models/Resnet.py` (names; weights are drawn as torch draws them). Deviations: the logits do not
    go through a leaky ReLU; images need not have 32 pixels, because a mean over the last map follows, and a last map of
    one position is padded.
    """

    widths: ClassVar[Five]
    standard_layers: ClassVar[tuple[int, ...]] = (1, 3, 5, 7, 9, 10)

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `head` reads as many features as the last stage has channels."""
        children: dict[str, nn.Module] = {}
        for number, channels in enumerate(pairwise((shape[0], *self.widths)), start=1):
            kernel, stride = (3, 1) if number == 1 else (5, 2)
            children[f"conv{number}"] = nn.Sequential(
                convolution(channels, kernel, stride, has_bias=True), nn.LeakyReLU(), BareBlock(channels[1])
            )
        width, is_single = self.widths[-1], min(shape[1:]) <= 16
        children["conv5"].append(nn.Conv2d(width, width, 2, 2, padding=int(is_single)))  # type: ignore[operator]
        return nn.Sequential(OrderedDict(children | pooled_head(width, classes, "head")))


class BareBlock(BasicBlock):
    """A basic block of one width whose convolutions have neither BatchNorm nor biases."""

    def __init__(self, width: int) -> None:
        super().__init__(width, width, 1, batch_norm=False)
        self.conv1.bias = self.conv2.bias = None


for _name, (_widths, _parameters) in TABLE.items():
    _about = f"Small ResNet of {'-'.join(map(str, _widths))} channels: {_parameters:,} parameters (10 classes)"
    MODELS.register(_name, _about)(type(_name, (MiniResNet,), {"widths": _widths}))
