"""A stretch of a network's forward as a function of the network and one tensor."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from torch import Tensor, fx

from Arch.models.graph.values import Sizes

if TYPE_CHECKING:

    from Arch.models.graph.flow import Flow


class Program:
    """Computes a stretch of a network; everything that it needs of the network it asks of it at each call.

    Nothing of the network is kept or copied, so that a program serves copies of the network as well.
    """

    def __init__(self, graph: fx.Graph) -> None:
        self._graph = graph

    def __deepcopy__(self, _memo: object) -> Program:
        """Itself, for it never changes."""
        return self

    @property
    def targets(self) -> tuple[str, ...]:
        """Dotted names of the modules, parameters and buffers that it uses, in order."""
        used = (str(node.target) for node in self._graph.nodes if node.op in ("call_module", "get_attr"))
        return tuple(dict.fromkeys(used))

    @property
    def source(self) -> str:
        """Its Python code."""
        return self._graph.python_code("self").src

    @cached_property
    def function(self) -> Callable[[Any, Tensor], Any]:
        """Computes the stretch from the network and what the stretch begins with."""
        code = self._graph.python_code("self")
        names = dict(code.globals)
        exec(code.src, names)  # noqa: S102 - torch.fx's own code of the network's own forward
        return names["forward"]  # type: ignore[no-any-return]  # it is the one function of the code


def stretch(flow: Flow, start: fx.Node, end: fx.Node, *, with_input_of_end: bool = False) -> Program:
    """The program from one value on every path to another.

    Args:
        flow: the network's.
        start: what is given.
        end: what comes out, after `start`; the graph's output node for what the network returns.
        with_input_of_end: also gives what the end reads, a copy, in front.
    """
    return _Stretch(flow, start).program(end, with_input_of_end=with_input_of_end)


class _Stretch:
    def __init__(self, flow: Flow, start: fx.Node) -> None:
        self.flow, self.start, self.graph = flow, start, fx.Graph()
        self.x = self.graph.placeholder("x")
        self.new: dict[fx.Node, fx.Node] = {start: self.x}

    def program(self, end: fx.Node, *, with_input_of_end: bool) -> Program:
        place = self.flow.place
        last = len(place) - 1 if end.op == "output" else place[end]
        read: Any = None
        for node in self.flow.nodes[place[self.start] + 1 : last + 1]:
            if with_input_of_end and node is end:
                read = self.graph.call_method("clone", (self._found(end.all_input_nodes[0]),))
            self.new[node] = self.graph.node_copy(node, self._found)
        returned = fx.node.map_arg(end.args[0], self._found) if end.op == "output" else self.new[end]
        self.graph.output((read, returned) if with_input_of_end else returned)
        return Program(self.graph)

    def _found(self, node: fx.Node) -> Any:
        """The new graph's counterpart of a node; what does not depend on the examples is computed where it is used."""
        if node not in self.new:
            kind = self.flow.kinds[node]
            if isinstance(kind, Sizes):
                return self._sizes(kind)
            self.new[node] = self.graph.node_copy(node, self._found)
        return self.new[node]

    def _sizes(self, sizes: Sizes) -> Any:
        numbers = tuple(self._number(*each) for each in sizes.numbers)
        return numbers if sizes.is_tuple else numbers[0]

    def _number(self, multiple: int, constant: int) -> Any:
        if not multiple:
            return constant
        batch = self.graph.call_method("size", (self.x, 0))
        return batch if multiple == 1 else self.graph.call_function(operator.mul, (batch, multiple))
