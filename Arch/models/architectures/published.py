"""The base class of other libraries' networks, and what it takes to adapt them to images of another size or depth."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.models.architecture import Architecture, Shape

COLOURS = 3
POSITION_EMBEDDINGS = "encoder.pos_embedding"  # torchvision's name of a vision transformer's position embeddings


@dataclass(frozen=True)
class Published(Architecture):
    """A network of another library, built by that library for the given images and classes.

    Attributes:
        library: the part of the name before the `/`.
        member: the library's own name for it.
    """

    library: ClassVar[str]
    member: ClassVar[str]

    @classmethod
    @abstractmethod
    def weights(cls) -> Sequence[str]:
        """Returns the names of the published weights, without those whose meaning depends on the library's version."""

    @classmethod
    @abstractmethod
    def normalization(cls, weights: str) -> tuple[Sequence[float], Sequence[float]] | None:
        """Mean and standard deviation of each channel, of pixels in [0, 1], that `weights` were trained with."""

    @classmethod
    @abstractmethod
    def published(cls, weights: str) -> Mapping[str, Tensor]:
        """Returns the state dict of published weights that exist; the library downloads what it has not cached."""


def require_square(name: str, shape: Shape, multiple: int = 1) -> int:
    """Returns the side of square images, for constructors that take one number.

    Raises:
        ModelError: height and width differ, or are not a `multiple` of the network's patch size.
    """
    if shape[1] != shape[2] or shape[1] % multiple:
        wanted = f"square images{f' whose side is a multiple of {multiple} pixels' if multiple > 1 else ''}"
        raise ModelError(f"{name} reads {wanted}, not {_size(shape)}: set DownSample.")
    return shape[1]


def require_size(name: str, shape: Shape, least: int) -> None:
    """Rejects images that are too small.

    Raises:
        ModelError: a side has less than `least` pixels.
    """
    if min(shape[1:]) < least:
        raise ModelError(
            f"{name} reads images of at least {least}x{least} pixels, not {_size(shape)}: set DownSample, or take a "
            "network for small images."
        )


def adapt_channels(network: nn.Module, channels: int) -> None:
    """Replaces a network's first convolution, which reads colour images, by one for another number of channels.

    Its weights are drawn from N(0, s^2), where s is the standard deviation of the old ones times sqrt(3 / channels), so
    that the output keeps its scale; a bias is kept.

    Raises:
        ModelError: no convolution reads three channels.
    """
    if channels == COLOURS:
        return
    convolutions = ((name, each) for name, each in network.named_modules() if isinstance(each, nn.Conv2d))
    name, old = next(convolutions, ("", None))
    if old is None or old.in_channels != COLOURS or old.groups != 1:
        raise ModelError(
            f"{type(network).__name__} has no first convolution of three channels to replace by one of {channels}."
        )
    new = nn.Conv2d(
        channels,
        old.out_channels,
        old.kernel_size,  # type: ignore[arg-type]  # torch types the attribute more loosely than the argument
        old.stride,  # type: ignore[arg-type]  # as above
        old.padding,  # type: ignore[arg-type]  # as above
        bias=old.bias is not None,
    )
    nn.init.normal_(new.weight, std=float(old.weight.detach().std()) * math.sqrt(COLOURS / channels))
    if old.bias is not None:
        new.bias = old.bias
    network.set_submodule(name, new)


def resize_position_embeddings(state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
    """Returns a vision transformer's state with position embeddings `(1, T, D)` interpolated to a network's grid.

    The class token's, the first, is kept. Bicubic with aligned corners; grids that are not square are returned
    unchanged.
    """
    own, given = network.get_parameter(POSITION_EMBEDDINGS), state.get(POSITION_EMBEDDINGS)
    if given is None or given.ndim != own.ndim or given.shape == own.shape:
        return state
    old, new = (math.isqrt(each.shape[1] - 1) for each in (given, own))
    if (old**2 + 1, new**2 + 1) != (given.shape[1], own.shape[1]):
        return state
    grid = given[:, 1:].float().mT.reshape(1, -1, old, old)
    grid = F.interpolate(grid, size=(new, new), mode="bicubic", align_corners=True)
    return {**state, POSITION_EMBEDDINGS: torch.cat([given[:, :1], grid.flatten(2).mT], dim=1)}


def _size(shape: Shape) -> str:
    return f"{shape[1]}x{shape[2]}"
