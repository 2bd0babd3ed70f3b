"""What every operation of a traced network gives: shapes, and which numbers are sizes of the batch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from Arch.models.architecture import Shape
from Arch.models.graph.operations import word

BATCHES = (2, 3)  # two sizes of a batch tell what depends on it; one sample alone has no statistics

_PRODUCTS = frozenset({"getitem", "mul"})


@dataclass(frozen=True)
class Sizes:
    """Whole numbers that an operation gives: constants and multiples of the batch.

    Attributes:
        numbers: one, or one for each member of a tuple; each is (multiple of the batch, constant), one of them 0.
        is_tuple: whether it is a tuple.
    """

    numbers: tuple[tuple[int, int], ...]
    is_tuple: bool


Kind = tuple[int, ...] | Sizes | None
"""The shape of a tensor, with 0 for an axis that is the batch; sizes; or None for anything else."""


def kinds_of(network: nn.Module, graph: fx.Graph, shape: Shape) -> Mapping[fx.Node, Kind]:
    """What each node of a graph gives, found by running it for batches of two sizes in the network's present mode.

    Raises:
        RuntimeError, ValueError, TypeError, IndexError: the network cannot read examples of this shape.
    """
    runs = [_Recorder(network, graph).record(trial(network, batch, shape)) for batch in BATCHES]
    kinds: dict[fx.Node, Kind] = {}
    for node in graph.nodes:
        kind = _kind(runs[0].get(node), runs[1].get(node))
        kinds[node] = None if isinstance(kind, Sizes) and _computes_with_the_batch(node, kinds) else kind
    return kinds


def _computes_with_the_batch(node: fx.Node, kinds: Mapping[fx.Node, Kind]) -> bool:
    """Whether a number is made of the batch's size by more than a product: half of 2 and of 3 is 1, but not of 8."""
    sizes = (kinds[each] for each in node.all_input_nodes)
    reads_batch = any(isinstance(each, Sizes) and any(multiple for multiple, _ in each.numbers) for each in sizes)
    return reads_batch and word(node) not in _PRODUCTS


def trial(network: nn.Module, batch: int, shape: Shape) -> Tensor:
    """Random examples, always the same, where the network is and of its type."""
    tensor = next(network.parameters(), next(network.buffers(), torch.zeros(())))
    examples = torch.randn(batch, *shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu")
    return examples.to(tensor.device, tensor.dtype if tensor.is_floating_point() else torch.float32)


def said(error: Exception) -> str:
    """An error of torch or of a foreign forward in its first sentence: what follows is advice or a stack of calls."""
    return re.split(r"\n|\.\s", str(error).strip(), maxsplit=1)[0] or type(error).__name__


class _Recorder(fx.Interpreter):
    """Runs a graph and keeps a note of each value instead of the value."""

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        super().__init__(network, graph=graph)
        self.seen: dict[fx.Node, Any] = {}

    def record(self, examples: Tensor) -> dict[fx.Node, Any]:
        """The note of each node.

        The interpreter's own `run` would start the thread of a progress bar.
        """
        self.args_iter = iter((examples,))
        for node in self.graph.nodes:
            self.env[node] = self.run_node(node)
            for done in self.user_to_last_uses.get(node, ()):
                del self.env[done]
        return self.seen

    def run_node(self, n: fx.Node) -> Any:
        """As the interpreter does, with a note."""
        value = super().run_node(n)
        self.seen[n] = torch.Size(value.shape) if isinstance(value, Tensor) else _plain(value)
        return value


def _plain(value: Any) -> Any:
    """A size or sizes as an int or a list, anything else None; a tensor's own shape is the only `torch.Size`."""
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
