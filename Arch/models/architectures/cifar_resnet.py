"""The CIFAR ResNets of the distillation benchmarks: three stages of basic blocks, thin or four times as wide."""

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
    initialise_convolutions,
    pooled_head,
    rectified_stem,
    residual_stages,
    start_blocks_as_identity,
)
from Arch.models.architectures.custom_relu import ReLUArchitecture

Widths = tuple[int, int, int, int]
THIN: Widths = (16, 16, 32, 64)
WIDE: Widths = (32, 64, 128, 256)

# name -> depth, widths of the stem and the stages, parameters for 100 classes and colour images
TABLE: Mapping[str, tuple[int, Widths, int]] = {
    "resnet8": (8, THIN, 83_892),
    "resnet14": (14, THIN, 181_108),
    "resnet20": (20, THIN, 278_324),
    "resnet32": (32, THIN, 472_756),
    "resnet44": (44, THIN, 667_188),
    "resnet56": (56, THIN, 861_620),
    "resnet110": (110, THIN, 1_736_564),
    "resnet8x4": (8, WIDE, 1_233_540),
    "resnet32x4": (32, WIDE, 7_433_860),
}


@dataclass(frozen=True)
class CifarResNet(ReLUArchitecture):
    """A 3x3 stem, three stages of (depth - 2) / 6 basic blocks, the mean over the map, a linear head.

    Source: He et al., CVPR 2016 (arXiv 1512.03385), section 4.2, in the form of RepDistiller's `models/resnet.py`
    (projection shortcuts, kaiming fan-out). Deviations: the mean is over the map whatever its size, not 8x8; without
    BatchNorm the convolutions have biases and the blocks start as their shortcuts.
    """

    depth: ClassVar[int]
    widths: ClassVar[Widths]

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `fc` reads `widths[-1]` features."""
        stem, *widths = self.widths
        depths = 3 * ((self.depth - 2) // 6,)
        children = rectified_stem((shape[0], stem), 3, batch_norm=self.batch_norm)
        children |= residual_stages(BasicBlock, depths, widths, width_in=stem, batch_norm=self.batch_norm)
        children |= pooled_head(widths[-1], classes, "fc")
        network = nn.Sequential(OrderedDict(children))
        initialise_convolutions(network)
        if not self.batch_norm:
            start_blocks_as_identity(network)
        return network


for _name, (_depth, _widths, _parameters) in TABLE.items():
    _about = (
        f"CIFAR ResNet of {_depth} layers, {'-'.join(map(str, _widths))} channels: "
        f"{_parameters:,} parameters (100 classes)"
    )
    _blocks = (_depth - 2) // 6
    _standard = (0, *stage_ends((_blocks,) * 3, 1), 3 * _blocks + 1)
    _attributes = {"depth": _depth, "widths": _widths, "standard_layers": _standard}
    MODELS.register(_name, _about)(type(_name, (CifarResNet,), _attributes))
