"""The CIFAR VGGs of the distillation benchmarks: five blocks of convolutions and one linear layer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from Arch.models import MODELS
from Arch.models.architecture import Shape, stage_ends
from Arch.models.architectures.building_blocks import initialise_convolutions, initialise_linear, rectified_convolutions
from Arch.models.architectures.custom_relu import ReLUArchitecture

Depths = tuple[int, int, int, int, int]
WIDTHS = (64, 128, 256, 512, 512)

# name -> convolutions per block, parameters for 100 classes and colour images
TABLE: Mapping[str, tuple[Depths, int]] = {
    "vgg8": ((1, 1, 1, 1, 1), 3_965_028),
    "vgg11": ((1, 1, 2, 2, 2), 9_277_284),
    "vgg13": ((2, 2, 2, 2, 2), 9_462_180),
    "vgg16": ((2, 2, 3, 3, 3), 14_774_436),
    "vgg19": ((2, 2, 4, 4, 4), 20_086_692),
}


@dataclass(frozen=True)
class CifarVGG(ReLUArchitecture):
    """Five blocks of 3x3 convolutions, a max-pool after each of the first three, the mean over the map, a linear head.

    A fourth max-pool follows block 3 from 64 pixels on, and no map smaller than 2x2 is pooled. A block ends before its
    last ReLU, so that the features before it have a name (`block3`).
    Source: RepDistiller's `models/vgg.py` (names, biases, initialisation), after Simonyan & Zisserman, ICLR 2015
    (arXiv 1409.1556). Deviation: the fourth pool is there for all larger images, not for 64 pixels only.
    """

    depths: ClassVar[Depths]

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `classifier` reads 512 features."""
        pools = 4 if min(shape[1:]) >= 64 else 3
        children: dict[str, nn.Module] = OrderedDict()
        width_in, size = shape[0], min(shape[1:])
        for number, (depth, width) in enumerate(zip(self.depths, WIDTHS, strict=True)):
            modules = rectified_convolutions(depth, (width_in, width), batch_norm=self.batch_norm)
            children[f"block{number}"] = nn.Sequential(*modules[:-1])
            children[f"relu{number}"] = nn.ReLU(inplace=True)
            if number < pools and size > 1:
                children[f"pool{number}"] = nn.MaxPool2d(2)
                size //= 2
            width_in = width
        children |= {"pool4": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten(), "classifier": nn.Linear(512, classes)}
        network = nn.Sequential(OrderedDict(children))
        initialise_convolutions(network)
        initialise_linear(network, std=0.01)
        return network


for _name, (_depths, _parameters) in TABLE.items():
    _about = f"CIFAR VGG of {sum(_depths)} convolutions and one linear layer: {_parameters:,} parameters (100 classes)"
    _attributes = {"depths": _depths, "standard_layers": (*stage_ends(_depths), sum(_depths))}
    MODELS.register(_name, _about)(type(_name, (CifarVGG,), _attributes))
