"""KD_wo_CE's VGGs: the ImageNet networks with their three-layer classifier on a pooled vector."""

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

Five = tuple[int, int, int, int, int]
WIDTHS: Five = (64, 128, 256, 512, 512)
HIDDEN = 4096

# name -> convolutions per block, their widths, parameters for 10 classes and colour images
TABLE: Mapping[str, tuple[Five, Five, int]] = {
    "VGG4": ((1, 1, 1, 1, 1), (64, 96, 128, 192, 256), 18_708_330),
    "VGG7": ((1, 1, 2, 2, 2), (64, 128, 192, 256, 256), 20_720_010),
    "VGG11": ((1, 1, 2, 2, 2), WIDTHS, 28_149_514),
    "VGG13": ((2, 2, 2, 2, 2), WIDTHS, 28_334_410),
    "VGG16": ((2, 2, 3, 3, 3), WIDTHS, 33_646_666),
    "VGG19": ((2, 2, 4, 4, 4), WIDTHS, 38_958_922),
}


@dataclass(frozen=True)
class VGG(ReLUArchitecture):
    """Five blocks of 3x3 convolutions with a max-pool after each, the mean over the map, three linear layers.

    A map smaller than 2x2 is not pooled; an identity replaces the pool, so that names do not depend on the size.
    Source: Simonyan & Zisserman, ICLR 2015 (arXiv 1409.1556), table 1, as KD_wo_CE adapts it (BatchNorm, biases, a mean
    over the map instead of 7x7 positions). VGG4 and VGG7 are KD_wo_CE's own (`Models/VGG.py`).
    """

    fresh: ClassVar[tuple[str, ...]] = ("classifier.0",)  # in torchvision it reads 7x7 positions
    depths: ClassVar[Five]
    widths: ClassVar[Five]

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `classifier.6` reads 4096 features."""
        network = nn.Sequential(
            OrderedDict(
                features=self._features(shape),
                avgpool=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                classifier=_classifier(self.widths[-1], classes),
            )
        )
        initialise_convolutions(network)
        initialise_linear(network, std=0.01)
        return network

    def _features(self, shape: Shape) -> nn.Sequential:
        modules: list[nn.Module] = []
        width_in, size = shape[0], min(shape[1:])
        for depth, width in zip(self.depths, self.widths, strict=True):
            modules += rectified_convolutions(depth, (width_in, width), batch_norm=self.batch_norm)
            modules.append(nn.MaxPool2d(2) if size > 1 else nn.Identity())
            width_in, size = width, max(size // 2, 1)
        return nn.Sequential(*modules)


def _classifier(width_in: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width_in, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(HIDDEN, classes),
    )


for _name, (_depths, _widths, _parameters) in TABLE.items():
    _about = f"VGG of {sum(_depths)} convolutions and three linear layers: {_parameters:,} parameters (10 classes)"
    _attributes = {"depths": _depths, "widths": _widths, "standard_layers": (*stage_ends(_depths), sum(_depths))}
    MODELS.register(_name, _about)(type(_name, (VGG,), _attributes))
