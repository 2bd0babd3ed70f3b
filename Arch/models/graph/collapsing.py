"""Replaces the traced operations of a module by one call of it, unless a cut point is inside the module."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import fx

from Arch.models.graph.flow import Flow
from Arch.models.graph.tracer import CALLS, ModuleCall
from Arch.models.graph.tracing import Traced
from Arch.models.graph.values import Kind


@dataclass(frozen=True)
class Collapsed:
    """The coarser graph of a network.

    Attributes:
        flow: the data flow through the coarser graph.
        node_of: the coarser node for each node of the traced graph that still exists.
    """

    flow: Flow
    node_of: Mapping[fx.Node, fx.Node]


def collapse(traced: Traced, flow: Flow, ends: Iterable[fx.Node]) -> Collapsed:
    """Replaces each module's operations by one call of it, unless one of the `ends` is inside it.

    A call of a module uses its current mode (training or evaluation) and runs its hooks; operations that were traced
    inside it would keep the mode of the trace.
    """
    opened = {call for node in ends for call in node.meta[CALLS] if traced.calls[call].returned is not node} | set(
        _calls_with_escaping_values(traced)
    )
    return _Collapser(traced, flow, opened).collapsed()


def _calls_with_escaping_values(traced: Traced) -> Iterator[ModuleCall]:
    """Yields calls whose inner values are used outside without being returned, or whose result is unsupported."""
    returned = {call: set(_members(each.returned)) for call, each in traced.calls.items()}
    for node in traced.graph.nodes:
        for call in node.meta[CALLS]:
            used_outside = any(call not in user.meta[CALLS] for user in node.users)
            if used_outside and node not in returned[call]:
                yield call


def _members(structure: Any) -> Iterator[fx.Node]:
    if isinstance(structure, fx.Node):
        yield structure
    elif isinstance(structure, (tuple, list)):
        for each in structure:
            yield from _members(each)
    elif isinstance(structure, dict):
        for each in structure.values():
            yield from _members(each)


@dataclass
class _Collapser:
    traced: Traced
    flow: Flow
    opened: set[ModuleCall]
    graph: fx.Graph = field(default_factory=fx.Graph)
    kinds: dict[fx.Node, Kind] = field(default_factory=dict)
    node_of: dict[fx.Node, fx.Node] = field(default_factory=dict)
    _called: set[ModuleCall] = field(default_factory=set)

    def collapsed(self) -> Collapsed:
        """Builds the coarser graph."""
        for node in self.traced.graph.nodes:
            call = next((call for call in node.meta[CALLS] if call not in self.opened), None)
            if call is None:
                self._copy(node)
            elif call not in self._called:
                self._called.add(call)
                self._call(call)
        return Collapsed(Flow(self.graph, self.kinds), self.node_of)

    def _copy(self, node: fx.Node) -> None:
        new = self.graph.node_copy(node, self.node_of.__getitem__)
        self.node_of[node], self.kinds[new] = new, self.flow.kinds[node]

    def _call(self, call: ModuleCall) -> None:
        traced = self.traced.calls[call]
        args: Any = fx.node.map_arg(traced.args, self.node_of.__getitem__)
        kwargs: Any = fx.node.map_arg(traced.kwargs, self.node_of.__getitem__)
        node = self.graph.call_module(call.path, args, kwargs)
        self.kinds[node] = None
        self._map_returned(node, traced.returned)

    def _map_returned(self, node: fx.Node, returned: Any) -> None:
        """Finds the coarser node of each node in a module's return value."""
        if isinstance(returned, fx.Node):
            if returned not in self.node_of:  # otherwise it existed before the call
                self.node_of[returned], self.kinds[node] = node, self.flow.kinds[returned]
            return
        positions = returned.items() if isinstance(returned, dict) else enumerate(returned)
        for position, member in positions:
            if any(True for _ in _members(member)):
                element = self.graph.call_function(operator.getitem, (node, position))
                self.kinds[element] = None
                self._map_returned(element, member)
