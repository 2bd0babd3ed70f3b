"""Two variants of ShuffleNet V2: the benchmarks', and KD_wo_CE's, which is the ImageNet network."""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import ClassVar

import torch
from torch import Tensor, nn

from Arch.models import MODELS
from Arch.models.architecture import Shape, stage_ends
from Arch.models.architectures.building_blocks import ChannelShuffle, convolution, normalisation, pooled_head
from Arch.models.architectures.custom_relu import ReLUArchitecture

STEM, LAST = 24, 1024
WIDTHS, DEPTHS = (116, 232, 464), (4, 8, 4)
# stem, the last block of each stage, pooled vector: f0 ... f3 and pooled of the benchmarks
STANDARD = (0, *stage_ends(DEPTHS, 1), sum(DEPTHS) + 2)


@MODELS.register("ShuffleV2", "The benchmarks' ShuffleNet V2: 1,355,528 parameters (100 classes)")
@dataclass(frozen=True)
class ShuffleV2(ReLUArchitecture):
    """A 1x1 stem of 24 channels, three stages of 4, 8 and 4 units, 1024 last channels, the mean, a linear head.

    Source: Ma et al., ECCV 2018 (arXiv 1807.11164), table 5 at width 1, in the form of RepDistiller's
    `models/ShuffleNetv2.py`; weights are drawn as torch draws them. Deviations: the mean is over the map whatever its
    size, not 4x4; without BatchNorm convolutions have biases.
    """

    standard_layers: ClassVar[tuple[int, ...]] = STANDARD

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `linear` reads 1024 features."""
        stem = _pointwise((shape[0], STEM), batch_norm=self.batch_norm)
        last = _pointwise((WIDTHS[-1], LAST), batch_norm=self.batch_norm)
        children: dict[str, nn.Module] = OrderedDict(zip(("conv1", "bn1", "relu1"), stem, strict=True))
        for number, stage in enumerate(_stages(BenchmarkUnit, batch_norm=self.batch_norm), start=1):
            children[f"layer{number}"] = stage
        children |= zip(("conv2", "bn2", "relu2"), last, strict=True)
        children |= pooled_head(LAST, classes, "linear")
        return nn.Sequential(OrderedDict(children))


@MODELS.register("ShuffleNetV2", "ShuffleNet V2 for small images: 1,263,854 parameters (10 classes)")
@dataclass(frozen=True)
class ShuffleNetV2(ReLUArchitecture):
    """The ImageNet network, whose stem has stride 2 above 32 pixels only: its last map is 2x2 at 32 and at 64 pixels.

    Source: as `ShuffleV2`, as KD_wo_CE adapts it (`Models/ShuffleNetV2.py`), with torchvision's names and
    initialisation. Deviation: without BatchNorm convolutions have biases.
    """

    standard_layers: ClassVar[tuple[int, ...]] = STANDARD

    batch_norm: bool = True

    def relu_network(self, shape: Shape, classes: int) -> nn.Module:
        """See `ReLUArchitecture.relu_network`; `fc` reads 1024 features."""
        stem = convolution((shape[0], STEM), 3, 1 if min(shape[1:]) <= 32 else 2, has_bias=not self.batch_norm)
        children: dict[str, nn.Module] = OrderedDict(
            conv1=nn.Sequential(*_rectified(stem, batch_norm=self.batch_norm)),
            maxpool=nn.MaxPool2d(3, stride=2, padding=1),
        )
        for number, stage in enumerate(_stages(TorchvisionUnit, batch_norm=self.batch_norm), start=2):
            children[f"stage{number}"] = stage
        children["conv5"] = nn.Sequential(*_pointwise((WIDTHS[-1], LAST), batch_norm=self.batch_norm))
        children |= pooled_head(LAST, classes, "fc")
        return nn.Sequential(OrderedDict(children))


class ShuffleUnit(nn.Module):
    """Keeps half of the channels, runs 1x1, depthwise 3x3 and 1x1 convolutions on the others, and shuffles the result.

    With stride, a depthwise and a 1x1 convolution of all channels replace the kept half.
    Source: as `ShuffleV2`, figure 3(c) and (d).
    """

    def __init__(self, *, strides: bool) -> None:
        super().__init__()
        self.strides = strides
        self.shuffle = ChannelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(B, width_in, H, W)` to `(B, width, H, W)`; with stride, H and W are halved."""
        first, second = (x, x) if self.strides else x.chunk(2, dim=1)
        return self.shuffle(torch.cat(self.branches(first, second), dim=1))  # type: ignore[no-any-return]  # untyped

    @abstractmethod
    def branches(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """Returns the outputs of the two branches."""


class TorchvisionUnit(ShuffleUnit):
    """The unit with torchvision's names."""

    def __init__(self, width_in: int, width: int, *, strides: bool, batch_norm: bool) -> None:
        super().__init__(strides=strides)
        branches = _branches(width_in, width // 2, strides=strides, batch_norm=batch_norm)
        self.branch1, self.branch2 = (nn.Sequential(*chain(*branch)) for branch in branches)

    def branches(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """See `ShuffleUnit.branches`."""
        return [self.branch1(first), self.branch2(second)]


class BenchmarkUnit(ShuffleUnit):
    """The unit with the benchmarks' names: `conv1`, `bn1` and so on, numbered through both branches."""

    def __init__(self, width_in: int, width: int, *, strides: bool, batch_norm: bool) -> None:
        super().__init__(strides=strides)
        branches = _branches(width_in, width // 2, strides=strides, batch_norm=batch_norm)
        numbers = count(1)
        self.names = tuple(self._added(branch, numbers) for branch in branches)

    def branches(self, first: Tensor, second: Tensor) -> list[Tensor]:
        """See `ShuffleUnit.branches`."""
        return [self._run(x, names) for x, names in zip((first, second), self.names, strict=True)]

    def _added(self, branch: Branch, numbers: Iterator[int]) -> list[str]:
        names = []
        for group, number in zip(branch, numbers, strict=False):
            for word, module in zip(("conv", "bn", "relu"), group, strict=False):
                self.add_module(f"{word}{number}", module)
                names.append(f"{word}{number}")
        return names

    def _run(self, x: Tensor, names: list[str]) -> Tensor:
        for name in names:
            x = getattr(self, name)(x)
        return x


Group = tuple[nn.Module, ...]
"""A convolution, its BatchNorm and, except after a depthwise one, a ReLU."""
Branch = list[Group]


def _branches(width_in: int, half: int, *, strides: bool, batch_norm: bool) -> tuple[Branch, Branch]:
    stride, given = (2, width_in) if strides else (1, half)
    beside = [
        _depthwise(given, stride, batch_norm=batch_norm),
        _pointwise((given, half), batch_norm=batch_norm),
    ]
    main = [
        _pointwise((given, half), batch_norm=batch_norm),
        _depthwise(half, stride, batch_norm=batch_norm),
        _pointwise((half, half), batch_norm=batch_norm),
    ]
    return beside if strides else [], main


def _stages(unit: type[TorchvisionUnit] | type[BenchmarkUnit], *, batch_norm: bool) -> Iterator[nn.Sequential]:
    width_in = STEM
    for depth, width in zip(DEPTHS, WIDTHS, strict=True):
        first = unit(width_in, width, strides=True, batch_norm=batch_norm)
        yield nn.Sequential(first, *(unit(width, width, strides=False, batch_norm=batch_norm) for _ in range(1, depth)))
        width_in = width


def _pointwise(widths: tuple[int, int], *, batch_norm: bool) -> Group:
    return _rectified(convolution(widths, 1, has_bias=not batch_norm), batch_norm=batch_norm)


def _depthwise(width: int, stride: int, *, batch_norm: bool) -> Group:
    kernel = convolution((width, width), 3, stride, groups=width, has_bias=not batch_norm)
    return kernel, normalisation(width, batch_norm=batch_norm)


def _rectified(kernel: nn.Conv2d, *, batch_norm: bool) -> Group:
    return kernel, normalisation(kernel.out_channels, batch_norm=batch_norm), nn.ReLU(inplace=True)
