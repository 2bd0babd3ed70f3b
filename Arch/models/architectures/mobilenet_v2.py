"""Two variants of MobileNetV2: KD_wo_CE's, which is the ImageNet network, and the benchmarks', half as wide."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from Arch.models import MODELS
from Arch.models.architecture import Architecture, Shape, stage_ends
from Arch.models.architectures.building_blocks import (
    convolution,
    initialise_convolutions,
    initialise_linear,
    normalisation,
)
from Arch.models.architectures.custom_relu import ReLUArchitecture

STEM, LAST = 32, 1280
# expansion, channels, blocks, stride of the first block
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
# stem, the last block of each map size, pooled vector: f0 ... f4 and pooled of the benchmarks
_ENDS = stage_ends([blocks for _, _, blocks, _ in STAGES], 1)
STANDARD = (0, _ENDS[1], _ENDS[2], _ENDS[4], _ENDS[6], _ENDS[6] + 2)


@MODELS.register("MobileNetV2", "MobileNetV2 for small images: 2,236,682 parameters (10 classes)")
@dataclass(frozen=True)
class MobileNetV2(Architecture):
    """The ImageNet network, whose stem has stride 2 for images above 32 pixels only.

    Source: Sandler et al., CVPR 2018 (arXiv 1801.04381), table 2, as KD_wo_CE adapts it (`Models/MobileNetV2.py`:
    no dropout), with torchvision's names. Activations are ReLU6. Deviation: without BatchNorm convolutions have biases.
    """

    standard_layers: ClassVar[tuple[int, ...]] = STANDARD

    batch_norm: bool = True

    def network(self, shape: Shape, classes: int) -> nn.Module:
        """See `Architecture.network`; `classifier.1` reads 1280 features."""
        stride = 1 if min(shape[1:]) <= 32 else 2
        modules: list[nn.Module] = [_unit((shape[0], STEM), 3, stride, activation=nn.ReLU6, batch_norm=self.batch_norm)]
        modules += (_torchvisions_block(*each, batch_norm=self.batch_norm) for each in _blocks(1))
        modules.append(_unit((STAGES[-1][1], LAST), 1, activation=nn.ReLU6, batch_norm=self.batch_norm))
        network = nn.Sequential(
            OrderedDict(
                features=nn.Sequential(*modules),
                avgpool=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                classifier=nn.Sequential(nn.Identity(), nn.Linear(LAST, classes)),  # 0 is torchvision's dropout
            )
        )
        initialise_convolutions(network)
        initialise_linear(network, std=0.01)
        return network


@dataclass(frozen=True)
class HalfMobileNetV2(ReLUArchitecture):
    """MobileNetV2 with half of the channels but 1280 last ones and plain ReLUs; the stem strides, stage 2 does not.

    Source: RepDistiller's `models/mobilenetv2.py` with `mobile_half` (names, initialisation); its blocks have the first
    1x1 convolution even at expansion 1. Deviations: the mean is over the map whatever its size, not 2x2; without
    BatchNorm convolutions have biases.
    """

    standard_layers: ClassVar[tuple[int, ...]] = STANDARD

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `classifier.0` reads 1280 features."""
        norm, blocks = self.batch_norm, _blocks(2, unstrided=(1,))
        stages = [
            nn.Sequential(*(_benchmarks_block(*next(blocks), batch_norm=norm) for _ in range(depth)))
            for _, _, depth, _ in STAGES
        ]
        network = nn.Sequential(
            OrderedDict(
                conv1=_unit((shape[0], STEM // 2), 3, 2, activation=nn.ReLU, batch_norm=norm),
                blocks=nn.Sequential(*stages),
                conv2=_unit((STAGES[-1][1] // 2, LAST), 1, activation=nn.ReLU, batch_norm=norm),
                avgpool=nn.AdaptiveAvgPool2d(1),
                flatten=nn.Flatten(),
                classifier=nn.Sequential(nn.Linear(LAST, classes)),
            )
        )
        initialise_convolutions(network)
        initialise_linear(network, std=0.01)
        return network


class InvertedResidual(nn.Module):
    """A 1x1 convolution that widens, a depthwise 3x3 one with the stride, a 1x1 one that narrows; no ReLU at the end.

    Where neither size nor width change, the input is added. Source: as `MobileNetV2`, figure 4(d).
    """

    def __init__(self, *modules: nn.Module, is_residual: bool) -> None:
        super().__init__()
        self.is_residual = is_residual
        self.conv = nn.Sequential(*modules)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(B, C, H, W)` to the narrow width, H / stride and W / stride; `x` is not modified."""
        return x + self.conv(x) if self.is_residual else self.conv(x)  # type: ignore[no-any-return]  # untyped


def _torchvisions_block(widths: tuple[int, int], expansion: int, stride: int, *, batch_norm: bool) -> InvertedResidual:
    """Builds a block with torchvision's names; at expansion 1 it has no first convolution."""
    wide = widths[0] * expansion
    return InvertedResidual(
        *([_unit((widths[0], wide), 1, activation=nn.ReLU6, batch_norm=batch_norm)] if expansion > 1 else []),
        _unit((wide, wide), 3, stride, activation=nn.ReLU6, groups=wide, batch_norm=batch_norm),
        *_linear_unit((wide, widths[1]), 1, batch_norm=batch_norm),
        is_residual=stride == 1 and widths[0] == widths[1],
    )


def _benchmarks_block(widths: tuple[int, int], expansion: int, stride: int, *, batch_norm: bool) -> InvertedResidual:
    """Builds a block with the benchmarks' names."""
    wide = widths[0] * expansion
    return InvertedResidual(
        *_unit((widths[0], wide), 1, activation=nn.ReLU, batch_norm=batch_norm),
        *_unit((wide, wide), 3, stride, activation=nn.ReLU, groups=wide, batch_norm=batch_norm),
        *_linear_unit((wide, widths[1]), 1, batch_norm=batch_norm),
        is_residual=stride == 1 and widths[0] == widths[1],
    )


def _unit(
    widths: tuple[int, int],
    kernel: int,
    stride: int = 1,
    *,
    activation: type[nn.Module],
    groups: int = 1,
    batch_norm: bool,
) -> nn.Sequential:
    unit = _linear_unit(widths, kernel, stride, groups=groups, batch_norm=batch_norm)
    return nn.Sequential(*unit, activation(inplace=True))


def _linear_unit(
    widths: tuple[int, int], kernel: int, stride: int = 1, *, groups: int = 1, batch_norm: bool
) -> tuple[nn.Module, nn.Module]:
    return (
        convolution(widths, kernel, stride, groups=groups, has_bias=not batch_norm),
        normalisation(widths[1], batch_norm=batch_norm),
    )


def _blocks(divisor: int, unstrided: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Yields the channels in and out, the expansion and the stride of each block in order."""
    width_in = STEM // divisor
    for number, (expansion, channels, depth, stride) in enumerate(STAGES):
        for each in range(depth):
            strides = each == 0 and number not in unstrided
            yield (width_in, channels // divisor), expansion, stride if strides else 1
            width_in = channels // divisor


_NAME = "MobileNetV2x0.5"
MODELS.register(_NAME, "The benchmarks' MobileNetV2, half as wide: 812,836 parameters (100 classes)")(
    type(_NAME, (HalfMobileNetV2,), {})
)
