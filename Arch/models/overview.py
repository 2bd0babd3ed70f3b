"""What can be told of a network without its numbers: size, line of layers, customary layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn

from Arch.errors import ModelError
from Arch.models.architecture import Architecture, Shape, require_image_shape
from Arch.models.cutting.layer import Layer
from Arch.models.imodel import IModel

FEW = 4  # networks that seldom change the size of their maps have their customary layers spread over their depth


@dataclass(frozen=True)
class LayerView:
    """A generalized layer.

    Attributes:
        name: dotted name of the module that ends it.
        shape: of what it gives, without the batch.
        parameters: how many numbers it learns.
    """

    name: str
    shape: Shape
    parameters: int


@dataclass(frozen=True)
class Overview:
    """A network for images of one shape.

    Attributes:
        parameters: how many numbers it learns.
        layers: the generalized layers; of a network that cannot be cut, the modules that hooks watch.
        standard: the layers that studies customarily use.
        obstacle: why it cannot be cut; else empty.
    """

    parameters: int
    layers: tuple[LayerView, ...]
    standard: tuple[int, ...]
    obstacle: str


def overview(architecture: Architecture, shape: Shape, classes: int, *, name: str) -> Overview:
    """Looks at a network for images of `shape` (C, H, W); if it can be, without numbers.

    Raises:
        ModelError: it cannot be built for this shape.
    """
    require_image_shape(shape, classes)
    model = _model(architecture, shape, classes, name)
    layers = tuple(
        LayerView(layer.name, layer.shape, _size(layer if isinstance(layer, Layer) else _watched(model, layer.name)))
        for layer in model.layers
    )
    standard = architecture.standard_layers or spread([layer.shape for layer in layers])
    return Overview(model.parameters_count, layers, standard, model.obstacle)


def _watched(model: IModel, name: str) -> nn.Module:
    return model.network.get_submodule(name)


def spread(shapes: Sequence[Shape]) -> tuple[int, ...]:
    """The last layer of each size of maps, the last layer of all included; else all, or some evenly over the depth.

    Args:
        shapes: of what each layer gives: (C, H, W), (T, D) or (D,).
    """
    sizes = [_extent(shape) for shape in shapes]
    ends = [index for index, (here, after) in enumerate(pairwise(sizes)) if here != after]
    last = len(shapes) - 1
    if last <= FEW:
        return tuple(range(len(shapes)))
    if len(ends) + 1 >= FEW:
        return (*ends, last)
    return tuple(dict.fromkeys(round(last * quarter / FEW) for quarter in range(FEW + 1)))


def _extent(shape: Shape) -> Shape:
    """How far a map goes: pixels or tokens, whatever the channels."""
    return shape[1:] if len(shape) == 3 else shape[:-1]


def _model(architecture: Architecture, shape: Shape, classes: int, name: str) -> IModel:
    """The network without numbers, or with numbers where it looks at them: as it is built, or in its forward."""
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                network = architecture.network(shape, classes)
        except (NotImplementedError, RuntimeError):  # it computes its widths with tensors, as torchvision's RegNet does
            network = architecture.network(shape, classes).to("meta")
        try:
            return IModel(network, shape, name=name)
        except ModelError:
            return IModel(architecture.network(shape, classes), shape, name=name)


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
