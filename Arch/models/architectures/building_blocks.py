"""Components that convolutional networks share: convolution, normalisation, residual blocks, initialisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn


def convolution(
    channels: tuple[int, int], kernel: int, stride: int = 1, *, groups: int = 1, has_bias: bool
) -> nn.Conv2d:
    """Builds a convolution from `channels[0]` to `channels[1]` channels.

    The padding keeps the height and width at stride 1 if `kernel` is odd.
    """
    return nn.Conv2d(*channels, kernel, stride, padding=(kernel - 1) // 2, groups=groups, bias=has_bias)


def normalisation(channels: int, *, batch_norm: bool) -> nn.Module:
    """Builds a `BatchNorm2d`, or an `Identity` without `batch_norm`."""
    return nn.BatchNorm2d(channels) if batch_norm else nn.Identity()


def shortcut(channels: tuple[int, int], stride: int, *, batch_norm: bool) -> nn.Module:
    """Builds the shortcut of a residual block.

    If the stride is above 1 or the number of channels changes, it is a 1x1 convolution, otherwise an identity.
    """
    if stride == 1 and channels[0] == channels[1]:
        return nn.Identity()
    return nn.Sequential(
        convolution(channels, 1, stride, has_bias=not batch_norm),
        normalisation(channels[1], batch_norm=batch_norm),
    )


class BasicBlock(nn.Module):
    """relu(F(x) + shortcut(x)), where F is two 3x3 convolutions with a ReLU between; the first has the stride.

    Without BatchNorm the convolutions have biases. Source: He et al., CVPR 2016 (arXiv 1512.03385), figure 5 left.
    """

    expansion: ClassVar[int] = 1

    def __init__(self, width_in: int, width: int, stride: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.conv1 = convolution((width_in, width), 3, stride, has_bias=not batch_norm)
        self.bn1 = normalisation(width, batch_norm=batch_norm)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = convolution((width, width), 3, has_bias=not batch_norm)
        self.bn2 = normalisation(width, batch_norm=batch_norm)
        self.relu2 = nn.ReLU(inplace=True)
        self.downsample = shortcut((width_in, width), stride, batch_norm=batch_norm)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(B, width_in, H, W)` to `(B, width, ceil(H / stride), ceil(W / stride))`; `x` is not modified."""
        out = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        out += self.downsample(x)
        return self.relu2(out)  # type: ignore[no-any-return]  # nn.Module's calls are untyped

    def start_as_identity(self) -> None:
        """Zeroes the scale of F, so that the untrained block is relu(shortcut(x)).

        The scale is the weight of the last BatchNorm or, without BatchNorm, of the last convolution, whose bias has to
        be 0 already (see `initialise_convolutions`).
        """
        _zero_scale(self.bn2, self.conv2)


class Bottleneck(nn.Module):
    """relu(F(x) + shortcut(x)), where F is a 1x1, a 3x3 and a 1x1 convolution with ReLUs between.

    The last convolution has 4 * `width` channels; the 3x3 convolution has the stride.

    Source: He et al., CVPR 2016 (arXiv 1512.03385), figure 5 right; deviation: the stride is in the 3x3 convolution,
    not in the first 1x1 convolution, as in torchvision and KD_wo_CE (the code whose configs Arch also loads).
    """

    expansion: ClassVar[int] = 4

    def __init__(self, width_in: int, width: int, stride: int, *, batch_norm: bool) -> None:
        super().__init__()
        wide = width * self.expansion
        self.conv1 = convolution((width_in, width), 1, has_bias=not batch_norm)
        self.bn1 = normalisation(width, batch_norm=batch_norm)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = convolution((width, width), 3, stride, has_bias=not batch_norm)
        self.bn2 = normalisation(width, batch_norm=batch_norm)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv3 = convolution((width, wide), 1, has_bias=not batch_norm)
        self.bn3 = normalisation(wide, batch_norm=batch_norm)
        self.relu3 = nn.ReLU(inplace=True)
        self.downsample = shortcut((width_in, wide), stride, batch_norm=batch_norm)

    def forward(self, x: Tensor) -> Tensor:
        """Maps `(B, width_in, H, W)` to `(B, 4 * width, ceil(H / stride), ceil(W / stride))`; `x` is not modified."""
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.bn3(self.conv3(self.relu2(self.bn2(self.conv2(out)))))
        out += self.downsample(x)
        return self.relu3(out)  # type: ignore[no-any-return]  # nn.Module's calls are untyped

    def start_as_identity(self) -> None:
        """Zeroes the scale of F, so that the untrained block is relu(shortcut(x)).

        The scale is the weight of the last BatchNorm or, without BatchNorm, of the last convolution, whose bias has to
        be 0 already (see `initialise_convolutions`).
        """
        _zero_scale(self.bn3, self.conv3)


class ChannelShuffle(nn.Module):
    """Interleaves `groups` equal groups of channels, so that each group of the next convolution reads from all of them.

    Source: Zhang et al., CVPR 2018 (arXiv 1707.01083), figure 1(c).
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """Moves channel `g * n + i` (the i-th of group g, with n channels per group) to channel `i * groups + g`."""
        grouped: Tensor = x.unflatten(1, (self.groups, -1))  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return grouped.transpose(1, 2).flatten(1, 2)


ResidualBlock = BasicBlock | Bottleneck


def stage(
    block: type[ResidualBlock], depth: int, widths: tuple[int, int], *, stride: int, batch_norm: bool
) -> nn.Sequential:
    """Builds `depth` blocks from `widths[0]` to `widths[1] * block.expansion` channels; the first has the stride."""
    first = block(widths[0], widths[1], stride, batch_norm=batch_norm)
    wide = widths[1] * block.expansion
    return nn.Sequential(first, *(block(wide, widths[1], 1, batch_norm=batch_norm) for _ in range(1, depth)))


def residual_stages(
    block: type[ResidualBlock],
    depths: Sequence[int],
    widths: Sequence[int],
    strides: Sequence[int] = (1, 2, 2, 2),
    *,
    width_in: int,
    batch_norm: bool,
) -> dict[str, nn.Module]:
    """Builds the stages `layer1`, `layer2` and so on, as many as the shortest of `depths`, `widths` and `strides`.

    Stage i has `depths[i]` blocks and `widths[i] * block.expansion` output channels; `layer1` reads `width_in`.
    """
    given = (width_in, *(width * block.expansion for width in widths))
    return {
        f"layer{number}": stage(block, depth, channels, stride=stride, batch_norm=batch_norm)
        for number, (depth, channels, stride) in enumerate(
            zip(depths, zip(given, widths, strict=False), strides, strict=False), start=1
        )
    }


def rectified_stem(
    channels: tuple[int, int], kernel: int, stride: int = 1, *, batch_norm: bool
) -> dict[str, nn.Module]:
    """Builds a network's first modules: convolution `conv1`, `bn1` (an identity without `batch_norm`) and `relu`."""
    return {
        "conv1": convolution(channels, kernel, stride, has_bias=not batch_norm),
        "bn1": normalisation(channels[1], batch_norm=batch_norm),
        "relu": nn.ReLU(inplace=True),
    }


def rectified_convolutions(depth: int, channels: tuple[int, int], *, batch_norm: bool) -> list[nn.Module]:
    """Builds `depth` 3x3 convolutions with biases, each followed by a BatchNorm if `batch_norm` and by a ReLU."""
    modules: list[nn.Module] = []
    for each in range(depth):
        modules.append(convolution((channels[0] if each == 0 else channels[1], channels[1]), 3, has_bias=True))
        modules.extend([nn.BatchNorm2d(channels[1])] if batch_norm else [])
        modules.append(nn.ReLU(inplace=True))
    return modules


def pooled_head(width: int, classes: int, name: str) -> dict[str, nn.Module]:
    """Builds a network's last modules: the mean over height and width, `(B, width)`, and a linear layer `name`."""
    return {"avgpool": nn.AdaptiveAvgPool2d(1), "flatten": nn.Flatten(), name: nn.Linear(width, classes)}


def initialise_convolutions(network: nn.Module) -> None:
    """Draws k x k kernels from N(0, 2 / (k^2 * C_out)) and zeroes the biases of convolutions; BatchNorm is unchanged.

    Source: He et al., ICCV 2015 (arXiv 1502.01852), equation 14 (the backward, "fan out" case).
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def initialise_linear(network: nn.Module, std: float) -> None:
    """Draws the weights of linear layers from N(0, std^2) and zeroes their biases."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=std)
            nn.init.zeros_(module.bias)


def start_blocks_as_identity(network: nn.Module) -> None:
    """Initialises every `BasicBlock` and `Bottleneck` so that it computes relu(shortcut(x)).

    Source: Goyal et al. 2017 (arXiv 1706.02677), section 5.1, for BatchNorm's scale; without BatchNorm the last
    convolution is zeroed instead, as in Zhang et al., ICLR 2019 (arXiv 1901.09321), section 3, so that the signal's
    variance does not grow with depth.
    """
    for module in network.modules():
        if isinstance(module, ResidualBlock):
            module.start_as_identity()


def _zero_scale(norm: nn.Module, conv: nn.Conv2d) -> None:
    nn.init.zeros_(norm.weight if isinstance(norm, nn.BatchNorm2d) else conv.weight)
