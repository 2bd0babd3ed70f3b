"""Describes a network without computing its weights: parameters, layers, standard layers."""

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

SECTIONS = 4  # where map sizes seldom change, the default layers divide the depth into this many sections


@dataclass(frozen=True)
class LayerView:
    """A generalized layer.

    Attributes:
        name: dotted name of the module that ends it.
        shape: the shape of its output, without the batch.
        parameters: the number of its trainable parameters.
    """

    name: str
    shape: Shape
    parameters: int


@dataclass(frozen=True)
class Overview:
    """A network for images of one shape.

    Attributes:
        parameters: the number of its trainable parameters.
        layers: the generalized layers; of a network that cannot be cut, the modules that hooks capture.
        standard: indices of the layers that studies usually take.
        obstacle: why the network cannot be cut; empty if it can.
    """

    parameters: int
    layers: tuple[LayerView, ...]
    standard: tuple[int, ...]
    obstacle: str


def overview(architecture: Architecture, shape: Shape, classes: int, *, name: str) -> Overview:
    """Describes a network for images of `shape` (C, H, W), on the meta device if possible.

    Raises:
        ModelError: the network cannot be built for this shape.
    """
    require_image_shape(shape, classes)
    model = _model(architecture, shape, classes, name)
    layers = tuple(
        LayerView(layer.name, layer.shape, _size(layer if isinstance(layer, Layer) else _module(model, layer.name)))
        for layer in model.layers
    )
    standard = architecture.standard_layers or default_layers([layer.shape for layer in layers])
    return Overview(model.parameters_count, layers, standard, model.obstacle)


def _module(model: IModel, name: str) -> nn.Module:
    return model.network.get_submodule(name)


def default_layers(shapes: Sequence[Shape]) -> tuple[int, ...]:
    """Returns the last layer of each map size and the last layer; otherwise all, or some evenly spaced over the depth.

    Args:
        shapes: the shapes of the layers' outputs: (C, H, W), (T, D) or (D,).
    """
    sizes = [_extent(shape) for shape in shapes]
    ends = [index for index, (size, following) in enumerate(pairwise(sizes)) if size != following]
    last = len(shapes) - 1
    if last <= SECTIONS:
        return tuple(range(len(shapes)))
    if len(ends) + 1 >= SECTIONS:
        return (*ends, last)
    return tuple(dict.fromkeys(round(last * quarter / SECTIONS) for quarter in range(SECTIONS + 1)))


def _extent(shape: Shape) -> Shape:
    """Returns the number of pixels along each axis, or of tokens, without the channels."""
    return shape[1:] if len(shape) == 3 else shape[:-1]


def _model(architecture: Architecture, shape: Shape, classes: int, name: str) -> IModel:
    """Builds the network on the meta device; with real weights if building it or its forward reads numbers."""
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                network = architecture.network(shape, classes)
        except (NotImplementedError, RuntimeError):  # widths computed with tensors, as in torchvision's RegNet
            network = architecture.network(shape, classes).to("meta")
        try:
            return IModel(network, shape, name=name)
        except ModelError:
            return IModel(architecture.network(shape, classes), shape, name=name)


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
