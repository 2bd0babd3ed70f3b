"""KD_wo_CE's ResNets: the ImageNet networks with a stem that fits small images."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import nn

from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape
from Arch.models.blocks import (
    BasicBlock,
    Bottleneck,
    ResidualBlock,
    convolution,
    initialise_convolutions,
    normalisation,
    stage,
    start_blocks_as_identity,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

STEM = 64
WIDTHS = (64, 128, 256, 512)

# name -> block, blocks per stage, parameters for 10 classes and colour images
TABLE: Mapping[str, tuple[type[ResidualBlock], tuple[int, int, int, int], int]] = {
    "ResNet9": (BasicBlock, (1, 1, 1, 1), 4_903_242),
    "ResNet18": (BasicBlock, (2, 2, 2, 2), 11_173_962),
    "ResNet34": (BasicBlock, (3, 4, 6, 3), 21_282_122),
    "ResNet50": (Bottleneck, (3, 4, 6, 3), 23_520_842),
}


@dataclass(frozen=True)
class ResNet(Architecture):
    """A stem of 64 channels, four stages of 64 to 512, the mean over the map, a linear head.

    The stem is 3x3; from 64 pixels on a max-pool follows it, from 224 on it is the 7x7 stem of stride 2. Every block
    starts as its shortcut. Source: He et al., CVPR 2016 (arXiv 1512.03385), table 1, as KD_wo_CE adapts it; deviations:
    size decides about the stem where KD_wo_CE asks for the dataset's name; without BatchNorm convolutions have biases.
    """

    block: ClassVar[type[ResidualBlock]]
    depths: ClassVar[tuple[int, int, int, int]]

    batch_norm: bool = True

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`; features of 512 times the block's expansion go into `fc`."""
        children = self._stem(shape)
        width_in = STEM
        for number, (depth, width) in enumerate(zip(self.depths, WIDTHS, strict=True), start=1):
            children[f"layer{number}"] = stage(
                self.block, depth, (width_in, width), stride=1 if number == 1 else 2, batch_norm=self.batch_norm
            )
            width_in = width * self.block.expansion
        children |= {"avgpool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten(), "fc": nn.Linear(width_in, classes)}
        network = nn.Sequential(OrderedDict(children))
        initialise_convolutions(network)
        start_blocks_as_identity(network)
        return network

    def _stem(self, shape: Shape) -> dict[str, nn.Module]:
        channels, size = (shape[0], STEM), min(shape[1:])
        kernel, stride = (7, 2) if size >= 224 else (3, 1)
        stem: dict[str, nn.Module] = {
            "conv1": convolution(channels, kernel, stride, has_bias=not self.batch_norm),
            "bn1": normalisation(STEM, batch_norm=self.batch_norm),
            "relu": nn.ReLU(inplace=True),
        }
        if size >= 64:
            stem["maxpool"] = nn.MaxPool2d(3, stride=2, padding=1)
        return stem


for _name, (_block, _depths, _parameters) in TABLE.items():
    _about = (
        f"ImageNet-style ResNet of {'+'.join(map(str, _depths))} {_block.__name__}s: "
        f"{_parameters:,} parameters (10 classes)"
    )
    MODELS.register(_name, _about)(type(_name, (ResNet,), {"block": _block, "depths": _depths}))
