"""A traced network with whole modules as operations, wherever nothing is cut inside them."""

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
        flow: through the coarser graph.
        of: the coarser node for each finer one that is still there.
    """

    flow: Flow
    of: Mapping[fx.Node, fx.Node]


def collapse(traced: Traced, flow: Flow, ends: Iterable[fx.Node]) -> Collapsed:
    """Calls each module as one unless one of the `ends` is inside it.

    A module that is called behaves as its mode says at that moment, and its hooks are run; what is traced inside it
    would keep the mode of the trace.
    """
    opened = {call for node in ends for call in node.meta[CALLS] if traced.calls[call].returned is not node} | set(
        _leaking(traced)
    )
    return _Collapse(traced, flow, opened).done()


def _leaking(traced: Traced) -> Iterator[ModuleCall]:
    """Calls whose inner values are used outside without being returned, or that returned what cannot be taken apart."""
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
class _Collapse:
    traced: Traced
    flow: Flow
    opened: set[ModuleCall]
    graph: fx.Graph = field(default_factory=fx.Graph)
    kinds: dict[fx.Node, Kind] = field(default_factory=dict)
    of: dict[fx.Node, fx.Node] = field(default_factory=dict)
    _called: set[ModuleCall] = field(default_factory=set)

    def done(self) -> Collapsed:
        """The coarser graph."""
        for node in self.traced.graph.nodes:
            call = next((call for call in node.meta[CALLS] if call not in self.opened), None)
            if call is None:
                self._copy(node)
            elif call not in self._called:
                self._called.add(call)
                self._call(call)
        return Collapsed(Flow(self.graph, self.kinds), self.of)

    def _copy(self, node: fx.Node) -> None:
        new = self.graph.node_copy(node, self.of.__getitem__)
        self.of[node], self.kinds[new] = new, self.flow.kinds[node]

    def _call(self, call: ModuleCall) -> None:
        traced = self.traced.calls[call]
        args: Any = fx.node.map_arg(traced.args, self.of.__getitem__)
        kwargs: Any = fx.node.map_arg(traced.kwargs, self.of.__getitem__)
        node = self.graph.call_module(call.path, args, kwargs)
        self.kinds[node] = None
        self._take_apart(node, traced.returned)

    def _take_apart(self, node: fx.Node, returned: Any) -> None:
        """Finds the members of what a module returned in the coarser graph."""
        if isinstance(returned, fx.Node):
            if returned not in self.of:  # else it was there before the call
                self.of[returned], self.kinds[node] = node, self.flow.kinds[returned]
            return
        places = returned.items() if isinstance(returned, dict) else enumerate(returned)
        for place, member in places:
            if any(True for _ in _members(member)):
                part = self.graph.call_function(operator.getitem, (node, place))
                self.kinds[part] = None
                self._take_apart(part, member)
