"""Where a network is cut into generalized layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from torch import fx, nn

from Arch.errors import ModelError
from Arch.models.graph.block_detection import Blocks, find_blocks
from Arch.models.graph.flow import Flow
from Arch.models.graph.operations import activates, flattens, is_linear, is_pointwise, lays_out, word
from Arch.models.graph.tracer import CALLS, ModuleCall
from Arch.models.graph.tracing import Traced


@dataclass(frozen=True)
class Cut:
    """A value at which a network is cut.

    Attributes:
        node: what gives it.
        names: the dotted names of the modules that return it, the layer's own name first.
        is_activation: whether a non-linearity gives it.
    """

    node: fx.Node
    names: tuple[str, ...]
    is_activation: bool


def find_cuts(network: nn.Module, traced: Traced, flow: Flow) -> tuple[Cut, ...]:
    """The ends of a network's generalized layers: each non-linearity, block and flattening before the head.

    Legal are the values on every path of one tensor with the batch first. A residual sum of a network's own forward
    ends a layer, too, unless it goes straight into a non-linearity; patch tokens are cut when their places have been
    embedded. Inside a block nothing is cut.

    Raises:
        ModelError: there is no linear layer, nor a 1x1 convolution, that could be the head.
    """
    head = _head(network, flow)
    blocks = find_blocks(network, traced, flow, head)
    finder = _Finder(network, traced, flow, blocks)
    nodes = dict.fromkeys(node for node in finder.ends() if flow.place[node] < flow.place[head])
    taken = {name for name, _ in network.named_modules()} | {call.name for call in traced.calls}
    return tuple(Cut(node, finder.names(node, taken), activates(node, network)) for node in nodes)


def _head(network: nn.Module, flow: Flow) -> fx.Node:
    for is_head in (is_linear, is_pointwise):
        found = [node for node in flow.nodes if is_head(node, network)]
        if found:
            return found[-1]
    raise ModelError(
        f"{type(network).__name__} has no linear layer and no 1x1 convolution that a forward can be followed to, so "
        "nothing can be its head."
    )


@dataclass(frozen=True)
class _Finder:
    network: nn.Module
    traced: Traced
    flow: Flow
    blocks: Blocks

    def ends(self) -> Iterator[fx.Node]:
        """The nodes that end layers, in order."""
        flow, before = self.flow, self.flow.nodes[0]
        for place in flow.narrows[1:]:
            node = flow.nodes[place]
            if flow.shape(node) is not None:
                if self._ends_a_layer(node, before):
                    yield node
                elif self._flattens(node, before):
                    yield self._embedded(place)
            before = node

    def names(self, node: fx.Node, taken: set[str]) -> tuple[str, ...]:
        """The names of a cut, its own first; one after a function has a number if its plain name is `taken`."""
        block = self.blocks.of.get(node)
        calls = [call for call in node.meta[CALLS] if self._returns(call, node)]
        if block is not None:
            return tuple(call.name for call in reversed(calls[: calls.index(block) + 1]))
        names = [call.name for call in reversed(calls)]
        return tuple(names) if node.op == "call_module" else (self._function_name(node, taken), *names)

    def _function_name(self, node: fx.Node, taken: set[str]) -> str:
        owner = f"{node.meta[CALLS][-1].name}." if node.meta[CALLS] else ""
        plain = f"{owner}{word(node)}"
        numbered = (f"{plain}_{number}" for number in count(1))
        name = plain if plain not in taken else next(each for each in numbered if each not in taken)
        taken.add(name)
        return name

    def _ends_a_layer(self, node: fx.Node, before: fx.Node) -> bool:
        block = self.blocks.of.get(node)
        if block is not None:
            return self._returns(block, node)
        if node in self.blocks.joins:
            return not self._feeds_an_activation(node)
        return activates(node, self.network) and node is not before

    def _feeds_an_activation(self, node: fx.Node) -> bool:
        users = [user for user in node.users if user in self.flow.place]
        return len(users) == 1 and users[0] not in self.blocks.of and activates(users[0], self.network)

    def _flattens(self, node: fx.Node, before: fx.Node) -> bool:
        """Whether a map becomes tokens or a vector here; a token that is chosen of several is no flattening."""
        if node in self.blocks.of:
            return False
        given, got = self.flow.shape(before), self.flow.shape(node)
        if given is None or got is None or len(got) > 3:
            return False
        return flattens(node, self.network) or len(given) > 3

    def _embedded(self, place: int) -> fx.Node:
        """Where a flattening ends that begins at a place: tokens are followed until something computes with them."""
        flow, end = self.flow, self.flow.nodes[place]
        if len(flow.shape(end) or ()) != 3:
            return end
        narrows = frozenset(flow.narrows)
        for next_place in range(place + 1, len(flow.nodes)):
            node = flow.nodes[next_place]
            if node in self.blocks.of or not lays_out(node, self.network):
                break
            if next_place in narrows and len(flow.shape(node) or ()) == 3:
                end = node
        return end

    def _returns(self, call: ModuleCall, node: fx.Node) -> bool:
        return self.traced.calls[call].returned is node


def names_of(cuts: tuple[Cut, ...]) -> Mapping[str, int]:
    """The index of each name; no two cuts share one, for calls and functions are numbered."""
    return {name: index for index, cut in enumerate(cuts) for name in cut.names}
