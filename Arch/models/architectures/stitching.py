"""The CIFAR networks of the stitching studies, under the prefix `stitching/`."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape
from Arch.models.architectures.building_blocks import (
    BasicBlock,
    Bottleneck,
    ResidualBlock,
    convolution,
    initialise_convolutions,
    pooled_head,
    rectified_stem,
    residual_stages,
)
from Arch.models.architectures.published import require_size

PREFIX = "stitching/"
STEM = 64
WIDTHS, SAME_WIDTH = (64, 128, 256, 512), (64, 64, 64, 64)
STRIDES, SAME_SIZE = (1, 2, 2, 2), (1, 1, 1, 1)
VARIANTS: Mapping[str, tuple[tuple[int, ...], tuple[int, ...], str]] = {
    "": (WIDTHS, STRIDES, ""),
    "_same_size": (WIDTHS, SAME_SIZE, ", no stage halves the map"),
    "_same_width": (SAME_WIDTH, STRIDES, ", every stage 64 wide"),
}
# name -> block, blocks per stage
TABLE: Mapping[str, tuple[type[ResidualBlock], tuple[int, int, int, int]]] = {
    "resnet18": (BasicBlock, (2, 2, 2, 2)),
    "resnet34": (BasicBlock, (3, 4, 6, 3)),
    "resnet50": (Bottleneck, (3, 4, 6, 3)),
    "resnet101": (Bottleneck, (3, 4, 23, 3)),
    "resnet152": (Bottleneck, (3, 8, 36, 3)),
}


@dataclass(frozen=True)
class StitchingResNet(Architecture):
    """The ImageNet ResNet with a 3x3 stem of stride 1, no max-pool, and the mean over the last map, 4x4 at 32 pixels.

    In the same-size variant no stage has stride, in the same-width variant every stage is as wide as the first: a
    stitch between any two of its layers needs no resizing, or no change of width, which the specificity tests of the
    study use. The study's other networks are timm's vision transformers with 4-pixel patches: `timm/NAME`.

    Source: Balogh & Jelasity, AAAI 2025 (arXiv 2412.11299), and their stitching-ood, `general_utils/models`; weights
    are drawn as there (kaiming fan-out). Deviation: the mean is over the map whatever its size, not over 4x4.
    """

    block: ClassVar[type[ResidualBlock]]
    depths: ClassVar[tuple[int, ...]]
    widths: ClassVar[tuple[int, ...]]
    strides: ClassVar[tuple[int, ...]]

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`; `fc` reads the last width times the block's expansion."""
        children = rectified_stem((shape[0], STEM), 3, batch_norm=True)
        children |= residual_stages(self.block, self.depths, self.widths, self.strides, width_in=STEM, batch_norm=True)
        children |= pooled_head(self.widths[-1] * self.block.expansion, classes, "fc")
        network = nn.Sequential(OrderedDict(children))
        initialise_convolutions(network)
        return network


@MODELS.register(f"{PREFIX}small_cnn", "The stitching study's four convolutions of 16 to 128 channels")
@dataclass(frozen=True)
class SmallCNN(Architecture):
    """BatchNorm of the image, four 3x3 convolutions with biases, max-pools after the first three, mean, linear head.

    Source: stitching-ood, `general_utils/models/article_custom/small_cnn.py` (names; kernels are drawn kaiming fan-out,
    biases as torch draws them). Deviation: the image may have any number of channels.
    """

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`; `fc` reads 128 features."""
        require_size(f"{PREFIX}small_cnn", shape, 8)
        widths = (shape[0], 16, 32, 64, 128)
        children: dict[str, nn.Module] = OrderedDict(bn=nn.BatchNorm2d(shape[0]))
        for number, channels in enumerate(itertools.pairwise(widths), start=1):
            children[f"conv{number}"] = convolution(channels, 3, has_bias=True)
            children[f"relu{number}"] = nn.ReLU()
            children[f"pool{number}"] = nn.MaxPool2d(2) if number < 4 else nn.AdaptiveAvgPool2d(1)
        children |= {"flatten": nn.Flatten(), "fc": nn.Linear(widths[-1], classes)}
        network = nn.Sequential(OrderedDict(children))
        for module in network:
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        return network


for _name, (_block, _depths) in TABLE.items():
    for _suffix, (_widths, _strides, _how) in VARIANTS.items():
        _whole = f"{PREFIX}{_name}{_suffix}"
        _attributes = {"block": _block, "depths": _depths, "widths": _widths, "strides": _strides}
        _about = f"CIFAR ResNet of {'+'.join(map(str, _depths))} {_block.__name__}s with a small stem{_how}"
        MODELS.register(_whole, _about)(type(_whole, (StitchingResNet,), _attributes))
