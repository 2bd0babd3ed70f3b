"""Where a network is cut into generalized layers, told from its modules alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from Arch.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACTIVATIONS = (
    nn.CELU,
    nn.ELU,
    nn.GELU,
    nn.Hardsigmoid,
    nn.Hardswish,
    nn.Hardtanh,  # ReLU6 is one
    nn.LeakyReLU,
    nn.Mish,
    nn.PReLU,
    nn.ReLU,
    nn.SELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Softplus,
    nn.Tanh,
)

BLOCKS = frozenset({"BasicBlock", "Bottleneck", "EncoderBlock", "InvertedResidual"})
"""Class names of blocks that count as one layer, here and in torchvision."""

Step = tuple[str, nn.Module]
"""A module with its dotted name in the network."""


@dataclass(frozen=True)
class Line:
    """A network's modules in the order of its forward, cut.

    Attributes:
        layers: the steps of each generalized layer; the last one ends it and gives it its name.
        head: the steps from the last cut on; one of them is the last linear layer.
        names: layers by name. A container's name means the layer that ends it (`layer4` is `layer4.1`).
    """

    layers: tuple[tuple[Step, ...], ...]
    head: tuple[Step, ...]
    names: Mapping[str, int]


def cut(network: nn.Module) -> Line:
    """Cuts a network after each activation, residual block and flattening, up to its last linear layer.

    What stands between two cuts belongs to the layer after it. Whether the modules in order are really what the
    network computes is not asked here but by `Arch.models.exactness`.

    Raises:
        ModelError: there is no linear layer, so that there is no head.
    """
    steps = tuple(_leaves(network, ""))
    linear = [position for position, (_, module) in enumerate(steps) if isinstance(module, nn.Linear)]
    if not linear:
        raise ModelError(
            f"{type(network).__name__} has no nn.Linear outside a block, so nothing can be its head. "
            "A network ends in a linear layer here."
        )
    ends = [position + 1 for position in range(linear[-1]) if _ends_a_layer(steps[position][1])]
    starts = [0, *ends]
    layers = tuple(steps[start:end] for start, end in zip(starts, ends, strict=False))
    return Line(layers, steps[starts[-1] :], _names(steps, ends))


def is_container(module: nn.Module) -> bool:
    """Whether the line goes through a module's children instead of the module as one."""
    if next(module.children(), None) is None or type(module).__name__ in BLOCKS:
        return False
    return isinstance(module, nn.Sequential | nn.ModuleList) or not type(module).__module__.startswith("torch.")


def children(module: nn.Module, path: str) -> Iterator[Step]:
    """A container's children with their dotted names; a list of modules stands for its members."""
    for name, child in module.named_modules(prefix=path, remove_duplicate=False):
        if name == path or "." in name.removeprefix(path).lstrip("."):
            continue
        if isinstance(child, nn.ModuleList):
            yield from children(child, name)
        else:
            yield name, child


def _leaves(module: nn.Module, path: str) -> Iterator[Step]:
    if not is_container(module):
        yield path, module
        return
    for name, child in children(module, path):
        yield from _leaves(child, name)


def _ends_a_layer(module: nn.Module) -> bool:
    return isinstance(module, (*ACTIVATIONS, nn.Flatten)) or type(module).__name__ in BLOCKS


def _names(steps: tuple[Step, ...], ends: list[int]) -> dict[str, int]:
    """Each layer's own name, and those of the containers that end with it."""
    names: dict[str, int] = {}
    for layer, end in enumerate(ends):
        name, following = steps[end - 1][0], steps[end][0]
        names[name] = layer
        while "." in name:
            name = name.rpartition(".")[0]
            if following.startswith(f"{name}."):
                break
            names[name] = layer
    return names
