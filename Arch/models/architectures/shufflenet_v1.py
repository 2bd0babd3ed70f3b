"""ShuffleNet V1 of the distillation benchmarks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from Arch.models import MODELS
from Arch.models.architecture import Shape, stage_ends
from Arch.models.architectures.building_blocks import (
    ChannelShuffle,
    convolution,
    normalisation,
    pooled_head,
    rectified_stem,
)
from Arch.models.architectures.custom_relu import ReLUArchitecture

STEM, GROUPS = 24, 3
WIDTHS, DEPTHS = (240, 480, 960), (4, 8, 4)


@MODELS.register("ShuffleV1", "ShuffleNet V1 with three groups: 949,258 parameters (100 classes)")
@dataclass(frozen=True)
class ShuffleV1(ReLUArchitecture):
    """A 1x1 stem of 24 channels, three stages of 4, 8 and 4 blocks, the mean over the map, a linear head.

    Source: Zhang et al., CVPR 2018 (arXiv 1707.01083), table 1 for three groups, in the form of RepDistiller's
    `models/ShuffleNetv1.py`; weights are drawn as torch draws them. Deviations: the mean is over the map whatever its
    size, not 4x4; without BatchNorm convolutions have biases.
    """

    standard_layers: ClassVar[tuple[int, ...]] = (0, *stage_ends(DEPTHS, 1), sum(DEPTHS) + 1)

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `linear` reads 960 features."""
        children = rectified_stem((shape[0], STEM), 1, batch_norm=self.batch_norm)
        width_in = STEM
        for number, (depth, width) in enumerate(zip(DEPTHS, WIDTHS, strict=True), start=1):
            first = GroupBlock(width_in, width, strides=True, batch_norm=self.batch_norm)
            others = (GroupBlock(width, width, strides=False, batch_norm=self.batch_norm) for _ in range(depth - 1))
            children[f"layer{number}"] = nn.Sequential(first, *others)
            width_in = width
        children |= pooled_head(width_in, classes, "linear")
        return nn.Sequential(OrderedDict(children))


class GroupBlock(nn.Module):
    """Grouped 1x1, shuffle, depthwise 3x3 and grouped 1x1 convolutions, to whose output the input is added.

    With stride, the output is concatenated with the average-pooled input instead of added to it. The first convolution
    after the stem is not grouped. Source: as `ShuffleV1`, figure 2(b) and (c).
    """

    def __init__(self, width_in: int, width_out: int, *, strides: bool, batch_norm: bool) -> None:
        super().__init__()
        self.strides = strides
        new = width_out - width_in if strides else width_out
        narrow, groups = new // 4, 1 if width_in == STEM else GROUPS
        has_bias, stride = not batch_norm, 2 if strides else 1
        self.conv1 = convolution((width_in, narrow), 1, groups=groups, has_bias=has_bias)
        self.bn1 = normalisation(narrow, batch_norm=batch_norm)
        self.relu1 = nn.ReLU(inplace=True)
        self.shuffle1 = ChannelShuffle(groups)
        self.conv2 = convolution((narrow, narrow), 3, stride, groups=narrow, has_bias=has_bias)
        self.bn2 = normalisation(narrow, batch_norm=batch_norm)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv3 = convolution((narrow, new), 1, groups=GROUPS, has_bias=has_bias)
        self.bn3 = normalisation(new, batch_norm=batch_norm)
        self.relu3 = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(B, width_in, H, W)` to `(B, width_out, H, W)`; with stride, H and W are halved."""
        out = self.shuffle1(self.relu1(self.bn1(self.conv1(x))))
        out = self.bn3(self.conv3(self.relu2(self.bn2(self.conv2(out)))))
        out = torch.cat([out, F.avg_pool2d(x, 3, stride=2, padding=1)], dim=1) if self.strides else out + x
        return self.relu3(out)  # type: ignore[no-any-return]  # nn.Module's calls are untyped
