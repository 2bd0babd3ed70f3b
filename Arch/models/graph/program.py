"""A segment of a network's forward, compiled to a function of the network and one tensor."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

from torch import Tensor, fx, nn

from Arch.errors import ModelError
from Arch.models.graph.flow import Flow
from Arch.models.graph.tracer import CALLS
from Arch.models.graph.values import Sizes


class Program:
    """Computes a segment of a network; modules and parameters are looked up in the network at each call.

    A program keeps no reference to the network and copies nothing of it, so it also serves copies of the network.

    Attributes:
        source: its Python code.
        targets: dotted names of the modules, parameters and buffers that it uses, in order.
        owners: dotted names of the modules of whose own forward it runs a part.
    """

    def __init__(self, graph: fx.Graph) -> None:
        code = graph.python_code("self")
        self.source = code.src
        self._modules = {name: each.__name__ for name, each in code.globals.items() if isinstance(each, ModuleType)}
        self._names = {name: each for name, each in code.globals.items() if name not in self._modules}
        used = (str(node.target) for node in graph.nodes if node.op in ("call_module", "get_attr"))
        self.targets = tuple(dict.fromkeys(used))
        calls = (call for node in graph.nodes for call in node.meta.get(CALLS, ()))
        self.owners = tuple(dict.fromkeys(call.path for call in calls if type(call.module) is not nn.Sequential))

    def __deepcopy__(self, _memo: object) -> Program:
        """Returns itself, because a program is immutable."""
        return self

    def __getstate__(self) -> dict[str, object]:
        """Leaves out the compiled function, which cannot be pickled; imported modules are stored by name."""
        return {key: value for key, value in vars(self).items() if key != "function"}

    @cached_property
    def function(self) -> Callable[[Any, Tensor], Any]:
        """Computes the segment from the network and the segment's input."""
        names = self._names | {name: import_module(each) for name, each in self._modules.items()}
        exec(self.source, names)  # noqa: S102 - torch.fx's own code of the network's own forward
        return names["forward"]  # type: ignore[no-any-return]  # the only function of the code


@dataclass(frozen=True)
class Modes:
    """The programs of one segment for both modes of the network; usually they are equal.

    Attributes:
        evaluation, training: the program in that mode.
    """

    evaluation: Program
    training: Program

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """Dotted names of the modules whose mode selects between the programs; empty if the programs are equal."""
        if self.evaluation.source == self.training.source:
            return ()
        return tuple(dict.fromkeys(self.evaluation.owners + self.training.owners))

    def of(self, network: nn.Module) -> Program:
        """Returns the program for the network's present mode.

        Raises:
            ModelError: a module whose forward depends on the mode is in another mode than the network.
        """
        for name in self.owners:
            if network.get_submodule(name).training != network.training:
                raise ModelError(
                    f"{name} is not in the network's mode (training or evaluation), and its own forward depends on "
                    "the mode: the layers were cut for one mode of the whole network."
                )
        return self.training if network.training else self.evaluation


def segment(flow: Flow, start: fx.Node, end: fx.Node, *, with_input_of_end: bool = False) -> Program:
    """Compiles the segment between two nodes that every path passes.

    Args:
        flow: the network's data flow.
        start: the node whose value is given.
        end: the node whose value is returned, after `start`; the graph's output node for what the network returns.
        with_input_of_end: also returns a copy of what `end` reads, in front.
    """
    return _SegmentBuilder(flow, start).program(end, with_input_of_end=with_input_of_end)


class _SegmentBuilder:
    def __init__(self, flow: Flow, start: fx.Node) -> None:
        self.flow, self.start, self.graph = flow, start, fx.Graph()
        self.x = self.graph.placeholder("x")
        self.new: dict[fx.Node, fx.Node] = {start: self.x}

    def program(self, end: fx.Node, *, with_input_of_end: bool) -> Program:
        position = self.flow.position
        last = len(position) - 1 if end.op == "output" else position[end]
        read: Any = None
        for node in self.flow.nodes[position[self.start] + 1 : last + 1]:
            if with_input_of_end and node is end:
                read = self.graph.call_method("clone", (self._copied(end.all_input_nodes[0]),))
            self.new[node] = self.graph.node_copy(node, self._copied)
        returned = fx.node.map_arg(end.args[0], self._copied) if end.op == "output" else self.new[end]
        self.graph.output((read, returned) if with_input_of_end else returned)
        return Program(self.graph)

    def _copied(self, node: fx.Node) -> Any:
        """Returns a node's counterpart in the new graph; values independent of the input are computed where used."""
        if node not in self.new:
            kind = self.flow.kinds[node]
            if isinstance(kind, Sizes):
                return self._sizes(kind)
            self.new[node] = self.graph.node_copy(node, self._copied)
        return self.new[node]

    def _sizes(self, sizes: Sizes) -> Any:
        numbers = tuple(self._number(*each) for each in sizes.numbers)
        return numbers if sizes.is_tuple else numbers[0]

    def _number(self, multiple: int, constant: int) -> Any:
        if not multiple:
            return constant
        batch = self.graph.call_method("size", (self.x, 0))
        return batch if multiple == 1 else self.graph.call_function(operator.mul, (batch, multiple))
