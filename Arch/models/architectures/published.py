"""What networks of other libraries have in common: a name there, published weights, a first layer made for colour."""

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
PLACES = "encoder.pos_embedding"  # torchvision's name of a vision transformer's position embeddings


@dataclass(frozen=True)
class Published(Architecture):
    """A network of another library, built by that library for our images and classes.

    Attributes:
        library: the part of the name before the `/`.
        member: what the library calls it.
    """

    library: ClassVar[str]
    member: ClassVar[str]

    @classmethod
    @abstractmethod
    def weights(cls) -> Sequence[str]:
        """The names of the published weights; those that mean other weights in another version are not among them."""

    @classmethod
    @abstractmethod
    def published(cls, weights: str) -> Mapping[str, Tensor]:
        """The state dict of published weights, downloaded by the library itself unless it has them; `weights` exist."""


def require_square(name: str, shape: Shape, multiple: int = 1) -> int:
    """The height and width that a constructor wants as one number.

    Raises:
        ModelError: they differ, or are no `multiple` of what the network cuts images into.
    """
    if shape[1] != shape[2] or shape[1] % multiple:
        wanted = f"square images{f' whose side is a multiple of {multiple} pixels' if multiple > 1 else ''}"
        raise ModelError(f"{name} reads {wanted}, not {_size(shape)}: set DownSample.")
    return shape[1]


def require_size(name: str, shape: Shape, least: int) -> None:
    """Refuses images that are too small.

    Raises:
        ModelError: a side has less than `least` pixels.
    """
    if min(shape[1:]) < least:
        raise ModelError(
            f"{name} reads images of at least {least}x{least} pixels, not {_size(shape)}: set DownSample, or take a "
            "network for small images."
        )


def read_channels(network: nn.Module, channels: int) -> None:
    """Gives a network that reads colour images a first convolution for another number of channels.

    Its weights are drawn from N(0, s^2), where s is the standard deviation of the old ones times sqrt(3 / channels), so
    that what it gives keeps its scale; a bias stays.

    Raises:
        ModelError: no convolution reads three channels.
    """
    if channels == COLOURS:
        return
    convolutions = ((name, each) for name, each in network.named_modules() if isinstance(each, nn.Conv2d))
    name, old = next(convolutions, ("", None))
    if old is None or old.in_channels != COLOURS or old.groups != 1:
        raise ModelError(f"{type(network).__name__} has no first convolution that could read {channels} channels.")
    new = nn.Conv2d(
        channels,
        old.out_channels,
        old.kernel_size,  # type: ignore[arg-type]  # torch types what it stores less strictly than what it takes
        old.stride,  # type: ignore[arg-type]  # as above
        old.padding,  # type: ignore[arg-type]  # as above
        bias=old.bias is not None,
    )
    nn.init.normal_(new.weight, std=float(old.weight.detach().std()) * math.sqrt(COLOURS / channels))
    if old.bias is not None:
        new.bias = old.bias
    network.set_submodule(name, new)


def places_resized(state: Mapping[str, Tensor], network: nn.Module) -> Mapping[str, Tensor]:
    """The state of a vision transformer with its position embeddings `(1, T, D)` interpolated to a network's grid.

    That of the class token, the first, stays. Bicubic, the corners where they were; grids that are not square are left.
    """
    own, given = network.get_parameter(PLACES), state.get(PLACES)
    if given is None or given.ndim != own.ndim or given.shape == own.shape:
        return state
    old, new = (math.isqrt(each.shape[1] - 1) for each in (given, own))
    if (old**2 + 1, new**2 + 1) != (given.shape[1], own.shape[1]):
        return state
    grid = given[:, 1:].float().mT.reshape(1, -1, old, old)
    grid = F.interpolate(grid, size=(new, new), mode="bicubic", align_corners=True)
    return {**state, PLACES: torch.cat([given[:, :1], grid.flatten(2).mT], dim=1)}


def _size(shape: Shape) -> str:
    return f"{shape[1]}x{shape[2]}"
