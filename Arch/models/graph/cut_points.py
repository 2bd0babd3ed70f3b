"""Finds the operations at which a network is cut into generalized layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from torch import fx, nn

from Arch.errors import ModelError
from Arch.models.graph.block_detection import Blocks, find_blocks
from Arch.models.graph.flow import Flow
from Arch.models.graph.operations import activates, arranges_tokens, flattens, is_linear, is_pointwise, operation_name
from Arch.models.graph.tracer import CALLS, ModuleCall
from Arch.models.graph.tracing import Traced


@dataclass(frozen=True)
class Cut:
    """An operation at which a network is cut.

    Attributes:
        node: the operation; its result ends a layer.
        names: the dotted names of the modules that return this result, the layer's own name first.
        is_activation: whether the operation is a non-linearity.
    """

    node: fx.Node
    names: tuple[str, ...]
    is_activation: bool


def find_cuts(network: nn.Module, traced: Traced, flow: Flow) -> tuple[Cut, ...]:
    """Finds the ends of a network's generalized layers: each non-linearity, block and flattening before the head.

    A cut is allowed at an operation that every path passes and that gives one tensor with the batch first. A residual
    sum in the network's own forward ends a layer, too, unless it goes straight into a non-linearity; patch tokens are
    cut after their position embedding. Nothing is cut inside a block.

    Raises:
        ModelError: there is no linear layer, nor a 1x1 convolution, that could be the head.
    """
    head = _head(network, flow)
    blocks = find_blocks(network, traced, flow, head)
    finder = _Finder(network, traced, flow, blocks)
    nodes = dict.fromkeys(node for node in finder.ends() if flow.position[node] < flow.position[head])
    taken = {name for name, _ in network.named_modules()} | {call.name for call in traced.calls}
    return tuple(Cut(node, finder.names(node, taken), activates(node, network)) for node in nodes)


def _head(network: nn.Module, flow: Flow) -> fx.Node:
    for is_head in (is_linear, is_pointwise):
        found = [node for node in flow.nodes if is_head(node, network)]
        if found:
            return found[-1]
    raise ModelError(
        f"{type(network).__name__} has no head: its traced forward has no linear layer and no 1x1 convolution."
    )


@dataclass(frozen=True)
class _Finder:
    network: nn.Module
    traced: Traced
    flow: Flow
    blocks: Blocks

    def ends(self) -> Iterator[fx.Node]:
        """Yields the nodes that end layers, in order."""
        flow, before = self.flow, self.flow.nodes[0]
        for position in flow.dominators[1:]:
            node = flow.nodes[position]
            if flow.shape(node) is not None:
                if self._ends_a_layer(node, before):
                    yield node
                elif self._flattens(node, before):
                    yield self._end_of_embedding(position)
            before = node

    def names(self, node: fx.Node, taken: set[str]) -> tuple[str, ...]:
        """Returns the names of a cut, its own first; the name of a function gets a number if it is already `taken`."""
        block = self.blocks.call_of.get(node)
        calls = [call for call in node.meta[CALLS] if self._returns(call, node)]
        if block is not None:
            return tuple(call.name for call in reversed(calls[: calls.index(block) + 1]))
        names = [call.name for call in reversed(calls)]
        return tuple(names) if node.op == "call_module" else (self._function_name(node, taken), *names)

    def _function_name(self, node: fx.Node, taken: set[str]) -> str:
        owner = f"{node.meta[CALLS][-1].name}." if node.meta[CALLS] else ""
        plain = f"{owner}{operation_name(node)}"
        numbered = (f"{plain}_{number}" for number in count(1))
        name = plain if plain not in taken else next(each for each in numbered if each not in taken)
        taken.add(name)
        return name

    def _ends_a_layer(self, node: fx.Node, before: fx.Node) -> bool:
        block = self.blocks.call_of.get(node)
        if block is not None:
            return self._returns(block, node)
        if node in self.blocks.merges_outside:
            return not self._feeds_an_activation(node)
        return activates(node, self.network) and node is not before

    def _feeds_an_activation(self, node: fx.Node) -> bool:
        users = [user for user in node.users if user in self.flow.position]
        return len(users) == 1 and users[0] not in self.blocks.call_of and activates(users[0], self.network)

    def _flattens(self, node: fx.Node, before: fx.Node) -> bool:
        """Returns whether a map becomes tokens or a vector at a node; selecting one of several tokens is none."""
        if node in self.blocks.call_of:
            return False
        before_shape, shape = self.flow.shape(before), self.flow.shape(node)
        if before_shape is None or shape is None or len(shape) > 3:
            return False
        return flattens(node, self.network) or len(before_shape) > 3

    def _end_of_embedding(self, position: int) -> fx.Node:
        """Returns the node that ends a flattening: tokens are followed until an operation computes with them."""
        flow, end = self.flow, self.flow.nodes[position]
        if len(flow.shape(end) or ()) != 3:
            return end
        dominators = frozenset(flow.dominators)
        for next_position in range(position + 1, len(flow.nodes)):
            node = flow.nodes[next_position]
            if node in self.blocks.call_of or not arranges_tokens(node, self.network):
                break
            if next_position in dominators and len(flow.shape(node) or ()) == 3:
                end = node
        return end

    def _returns(self, call: ModuleCall, node: fx.Node) -> bool:
        return self.traced.calls[call].returned is node


def layer_indices(cuts: tuple[Cut, ...]) -> Mapping[str, int]:
    """Returns the layer index of each name; names are unique, because repeated calls and functions are numbered."""
    return {name: index for index, cut in enumerate(cuts) for name in cut.names}
