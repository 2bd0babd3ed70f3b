"""A stretch of a network's forward as a function of the network and one tensor."""

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
    """Computes a stretch of a network; everything that it needs of the network it asks of it at each call.

    Nothing of the network is kept or copied, so that a program serves copies of the network as well.

    Attributes:
        source: its Python code.
        targets: dotted names of the modules, parameters and buffers that it uses, in order.
        owners: dotted names of the modules whose own forward it runs a part of.
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
        """Itself, for it never changes."""
        return self

    def __getstate__(self) -> dict[str, object]:
        """Without the compiled function, which cannot be pickled; nor can modules, hence their names."""
        return {key: value for key, value in vars(self).items() if key != "function"}

    @cached_property
    def function(self) -> Callable[[Any, Tensor], Any]:
        """Computes the stretch from the network and what the stretch begins with."""
        names = self._names | {name: import_module(each) for name, each in self._modules.items()}
        exec(self.source, names)  # noqa: S102 - torch.fx's own code of the network's own forward
        return names["forward"]  # type: ignore[no-any-return]  # it is the one function of the code


@dataclass(frozen=True)
class Modes:
    """A stretch of a network in each of its modes, mostly the same.

    Attributes:
        evaluation, training: the program in that mode.
    """

    evaluation: Program
    training: Program

    @cached_property
    def owners(self) -> tuple[str, ...]:
        """Dotted names of the modules whose mode the choice between the programs hangs on."""
        if self.evaluation.source == self.training.source:
            return ()
        return tuple(dict.fromkeys(self.evaluation.owners + self.training.owners))

    def of(self, network: nn.Module) -> Program:
        """The program for the mode that the network is in.

        Raises:
            ModelError: a part of the network whose forward depends on the mode is in another one than the whole.
        """
        for name in self.owners:
            if network.get_submodule(name).training != network.training:
                raise ModelError(
                    f"{name} is not in the mode (training or evaluation) of the whole network, and what it computes "
                    "depends on it by more than its modules: no layer was cut for such a mixture."
                )
        return self.training if network.training else self.evaluation


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
