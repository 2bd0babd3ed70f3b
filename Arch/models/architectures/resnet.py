"""KD_wo_CE's ResNets: the ImageNet networks with a stem that fits small images."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from Arch.models import MODELS
from Arch.models.architecture import Shape, stage_ends
from Arch.models.architectures.building_blocks import (
    BasicBlock,
    Bottleneck,
    ResidualBlock,
    initialise_convolutions,
    pooled_head,
    rectified_stem,
    residual_stages,
    start_blocks_as_identity,
)
from Arch.models.architectures.custom_relu import ReLUArchitecture

STEM = 64
WIDTHS, HALF, THIN = (64, 128, 256, 512), (32, 64, 128, 256), (16, 32, 64)

# name -> block, blocks per stage, width of each stage before the block's expansion, parameters for 10 classes and
# colour images
TABLE: Mapping[str, tuple[type[ResidualBlock], tuple[int, ...], tuple[int, ...], int]] = {
    "ResNet7": (BasicBlock, (1, 1, 1), THIN, 87_402),
    "ResNet20": (BasicBlock, (3, 3, 3), THIN, 281_834),
    "ResNet32": (BasicBlock, (5, 5, 5), THIN, 476_266),
    "ResNet44": (BasicBlock, (7, 7, 7), THIN, 670_698),
    "ResNet56": (Bottleneck, (9, 9, 9), THIN, 870_538),
    "ResNet9": (BasicBlock, (1, 1, 1, 1), WIDTHS, 4_903_242),
    "ResNet18": (BasicBlock, (2, 2, 2, 2), WIDTHS, 11_173_962),
    "ResNet34": (BasicBlock, (3, 4, 6, 3), WIDTHS, 21_282_122),
    "ResNet50": (Bottleneck, (3, 4, 6, 3), WIDTHS, 23_520_842),
    "ResNet101": (Bottleneck, (3, 4, 23, 3), WIDTHS, 42_512_970),
    "ResNet152": (Bottleneck, (3, 8, 36, 3), WIDTHS, 58_156_618),
    "ResNet9H": (BasicBlock, (1, 1, 1, 1), HALF, 1_241_226),
    "ResNet18H": (BasicBlock, (2, 2, 2, 2), HALF, 2_809_866),
    "ResNet34H": (BasicBlock, (3, 4, 6, 3), HALF, 5_338_762),
    "ResNet50H": (Bottleneck, (3, 4, 6, 3), HALF, 5_905_098),
}


@dataclass(frozen=True)
class ResNet(ReLUArchitecture):
    """A stem of 64 channels, three or four stages, the mean over the map, a linear head.

    Networks of four stages have the channels of the ImageNet networks, or half of them (names that end in `H`); those
    of three stages have the 16 to 64 channels of the thin CIFAR networks, but the stem of 64, and ResNet56 is made of
    bottlenecks. The stem is 3x3; from 64 pixels on a max-pool follows it, from 224 on it is the 7x7 stem of stride 2.
    Every block starts as its shortcut. Source: He et al., CVPR 2016 (arXiv 1512.03385), table 1, as KD_wo_CE adapts it.
    Deviations: the image size determines the stem, where KD_wo_CE tests the dataset's name; without BatchNorm
    convolutions have biases. The benchmarks' ResNet50 is the same network, but its blocks do not start as their
    shortcuts.
    """

    aliases: ClassVar[Mapping[str, str]] = {"shortcut": "downsample", "linear": "fc"}  # RepDistiller's resnetv2.py
    block: ClassVar[type[ResidualBlock]]
    depths: ClassVar[tuple[int, ...]]
    widths: ClassVar[tuple[int, ...]]

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `fc` reads the last width times the block's expansion."""
        children = self._stem(shape)
        children |= residual_stages(self.block, self.depths, self.widths, width_in=STEM, batch_norm=self.batch_norm)
        children |= pooled_head(self.widths[-1] * self.block.expansion, classes, "fc")
        network = nn.Sequential(OrderedDict(children))
        initialise_convolutions(network)
        start_blocks_as_identity(network)
        return network

    def _stem(self, shape: Shape) -> dict[str, nn.Module]:
        size = min(shape[1:])
        kernel, stride = (7, 2) if size >= 224 else (3, 1)
        stem = rectified_stem((shape[0], STEM), kernel, stride, batch_norm=self.batch_norm)
        if size >= 64:
            stem["maxpool"] = nn.MaxPool2d(3, stride=2, padding=1)
        return stem


for _name, (_block, _depths, _widths, _parameters) in TABLE.items():
    _about = (
        f"ImageNet-style ResNet of {'+'.join(map(str, _depths))} {_block.__name__}s, "
        f"{'-'.join(map(str, _widths))} channels: {_parameters:,} parameters (10 classes)"
    )
    _standard = (0, *stage_ends(_depths, 1), sum(_depths) + 1)
    _attributes = {"block": _block, "depths": _depths, "widths": _widths, "standard_layers": _standard}
    MODELS.register(_name, _about)(type(_name, (ResNet,), _attributes))
