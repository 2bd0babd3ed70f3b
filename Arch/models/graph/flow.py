"""The data flow through a traced network: which operations every path passes, and where it branches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from torch import fx

from Arch.models.graph.values import Kind, Sizes


@dataclass(frozen=True)
class Flow:
    """The operations that depend on the input, in order.

    Attributes:
        graph: the traced graph.
        kinds: the kind of value that each node returns.
    """

    graph: fx.Graph
    kinds: Mapping[fx.Node, Kind]

    @cached_property
    def nodes(self) -> tuple[fx.Node, ...]:
        """The nodes that depend on the input by more than the batch size, the input first."""
        examples, *others = self.graph.nodes
        live = {examples: None}
        for node in others:
            is_live = any(each in live for each in node.all_input_nodes)
            if is_live and node.op != "output" and not isinstance(self.kinds[node], Sizes):
                live[node] = None
        return tuple(live)

    @cached_property
    def position(self) -> Mapping[fx.Node, int]:
        """The index of each of the nodes."""
        return {node: position for position, node in enumerate(self.nodes)}

    @cached_property
    def dominators(self) -> tuple[int, ...]:
        """The positions of nodes that every path passes: no earlier value is used after them."""
        found, reach = [], 0
        for position, node in enumerate(self.nodes):
            if reach <= position:
                found.append(position)
            reach = max(reach, self._last_use(node, position))
        return tuple(found)

    @cached_property
    def branches(self) -> tuple[tuple[int, int], ...]:
        """The positions of neighbouring dominators with nodes between them: where the flow branches and merges."""
        return tuple((start, end) for start, end in pairwise(self.dominators) if end - start > 1)

    def shape(self, node: fx.Node) -> tuple[int, ...] | None:
        """Returns the shape of a tensor whose first axis is the batch (as 0), or None."""
        kind = self.kinds[node]
        return kind if isinstance(kind, tuple) and len(kind) > 1 and kind[0] == 0 and -1 not in kind else None

    def _last_use(self, node: fx.Node, position: int) -> int:
        end = len(self.nodes)
        uses = (end if user.op == "output" else self.position.get(user, position) for user in node.users)
        return max(uses, default=position)
