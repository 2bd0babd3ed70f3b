"""The values of a traced network's operations: shapes, and numbers derived from the batch size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from Arch.models.architecture import Shape
from Arch.models.graph.operations import operation_name

BATCHES = (2, 3)  # two batch sizes show which numbers depend on it; a batch of one has no statistics

_PRODUCTS = frozenset({"getitem", "mul"})


@dataclass(frozen=True)
class Sizes:
    """Integers that an operation returns: constants and multiples of the batch size.

    Attributes:
        numbers: one, or one for each element of a tuple; each is (multiple of the batch size, constant), one of them 0.
        is_tuple: whether the operation returns a tuple.
    """

    numbers: tuple[tuple[int, int], ...]
    is_tuple: bool


Kind = tuple[int, ...] | Sizes | None
"""A tensor's shape, with 0 for the batch axis and -1 for an unknown one; sizes; or None for any other value."""


def kinds_of(network: nn.Module, graph: fx.Graph, shape: Shape) -> Mapping[fx.Node, Kind]:
    """Returns the kind of value of each node, from runs with two batch sizes in the network's present mode.

    Raises:
        RuntimeError, ValueError, TypeError, IndexError: the network cannot read examples of this shape.
    """
    runs = [_Recorder(network, graph).record(example_inputs(network, batch, shape)) for batch in BATCHES]
    kinds: dict[fx.Node, Kind] = {}
    for node in graph.nodes:
        kind = _kind(runs[0].get(node), runs[1].get(node))
        kinds[node] = None if isinstance(kind, Sizes) and _computes_with_the_batch(node, kinds) else kind
    return kinds


def _computes_with_the_batch(node: fx.Node, kinds: Mapping[fx.Node, Kind]) -> bool:
    """Returns whether a number depends on the batch size by more than a product: 2 // 2 is 3 // 2, but not 8 // 2."""
    sizes = (kinds[each] for each in node.all_input_nodes)
    reads_batch = any(isinstance(each, Sizes) and any(multiple for multiple, _ in each.numbers) for each in sizes)
    return reads_batch and operation_name(node) not in _PRODUCTS


def example_inputs(network: nn.Module, batch: int, shape: Shape) -> Tensor:
    """Returns random examples, the same at each call, on the network's device and of its dtype."""
    tensor = next(network.parameters(), next(network.buffers(), torch.zeros(())))
    examples = torch.randn(batch, *shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu")
    return examples.to(tensor.device, tensor.dtype if tensor.is_floating_point() else torch.float32)


def first_sentence(error: Exception) -> str:
    """Returns the first sentence of an error of torch or of a foreign forward; advice or a call stack may follow it."""
    return re.split(r"\n|\.\s", str(error).strip(), maxsplit=1)[0] or type(error).__name__


class _Recorder(fx.Interpreter):
    """Runs a graph and records a description of each value."""

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        super().__init__(network, graph=graph)
        self.seen: dict[fx.Node, Any] = {}

    def record(self, examples: Tensor) -> dict[fx.Node, Any]:
        """Returns the description of each node's value.

        The interpreter's own `run` would start the thread of a progress bar.
        """
        self.args_iter = iter((examples,))
        for node in self.graph.nodes:
            self.env[node] = self.run_node(node)
            for unused in self.user_to_last_uses.get(node, ()):
                del self.env[unused]
        return self.seen

    def run_node(self, n: fx.Node) -> Any:
        """Runs a node as the interpreter does, and records its value."""
        value = super().run_node(n)
        self.seen[n] = torch.Size(value.shape) if isinstance(value, Tensor) else _plain(value)
        return value


def _plain(value: Any) -> Any:
    """Returns a size as an int, sizes as a list, anything else as None; only a tensor's own shape is a `torch.Size`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, (tuple, list)) and all(isinstance(each, int) for each in value):
        return list(value)
    return None


def _kind(one: Any, other: Any) -> Kind:
    if isinstance(one, torch.Size):
        return _shape(one, other) if isinstance(other, torch.Size) else None
    if isinstance(one, int):
        return _sizes((one,), (other,), is_tuple=False)
    if isinstance(one, list) and isinstance(other, list):
        return _sizes(tuple(one), tuple(other), is_tuple=True)
    return None


def _shape(one: torch.Size, other: torch.Size) -> Kind:
    if len(one) != len(other):
        return None
    return tuple(0 if (a, b) == BATCHES else a if a == b else -1 for a, b in zip(one, other, strict=True))


def _sizes(one: tuple[int, ...], other: tuple[int, ...], *, is_tuple: bool) -> Sizes | None:
    if len(one) != len(other):
        return None
    numbers = tuple(_number(a, b) for a, b in zip(one, other, strict=True))
    return Sizes(tuple(each for each in numbers if each), is_tuple) if all(numbers) else None


def _number(a: int, b: int) -> tuple[int, int] | None:
    if a == b:
        return 0, a
    multiple, rest = divmod(a, BATCHES[0])
    return (multiple, 0) if not rest and multiple * BATCHES[1] == b else None
