"""The way of the examples through a traced network: which values lie on every path, and where the ways part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from torch import fx

from Arch.models.graph.values import Kind, Sizes


@dataclass(frozen=True)
class Flow:
    """What depends on the examples, in order.

    Attributes:
        graph: of the network.
        kinds: what each node gives.
    """

    graph: fx.Graph
    kinds: Mapping[fx.Node, Kind]

    @cached_property
    def nodes(self) -> tuple[fx.Node, ...]:
        """The nodes that depend on the examples by more than the size of the batch, the examples first."""
        examples, *others = self.graph.nodes
        live = {examples: None}
        for node in others:
            is_live = any(each in live for each in node.all_input_nodes)
            if is_live and node.op != "output" and not isinstance(self.kinds[node], Sizes):
                live[node] = None
        return tuple(live)

    @cached_property
    def place(self) -> Mapping[fx.Node, int]:
        """Where each of the nodes comes."""
        return {node: place for place, node in enumerate(self.nodes)}

    @cached_property
    def narrows(self) -> tuple[int, ...]:
        """Places of the nodes that lie on every path: nothing from before them is used after them."""
        found, reach = [], 0
        for place, node in enumerate(self.nodes):
            if reach <= place:
                found.append(place)
            reach = max(reach, self._last_use(node, place))
        return tuple(found)

    @cached_property
    def parted(self) -> tuple[tuple[int, int], ...]:
        """Where the ways part and join again: the places of two neighbouring narrows with something between them."""
        return tuple((start, end) for start, end in pairwise(self.narrows) if end - start > 1)

    def shape(self, node: fx.Node) -> tuple[int, ...] | None:
        """The shape of a tensor whose first axis is the batch (as 0), or None."""
        kind = self.kinds[node]
        return kind if isinstance(kind, tuple) and len(kind) > 1 and kind[0] == 0 and -1 not in kind else None

    def _last_use(self, node: fx.Node, place: int) -> int:
        end = len(self.nodes)
        uses = (end if user.op == "output" else self.place.get(user, place) for user in node.users)
        return max(uses, default=place)
