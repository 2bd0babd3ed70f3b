"""Follows a network's forward with stand-ins for tensors, noting who calls whom."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, fx, nn

from Arch.errors import ModelError
from Arch.models.graph.operations import is_activation

CALLS = "calls"  # in a node's `meta`: the module calls that it happened in, outermost first


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class ModuleCall:
    """One call of a module; equal only to itself.

    Attributes:
        path: the module's dotted name.
        times: how often it was called before.
        module: what was called.
    """

    path: str
    times: int
    module: nn.Module

    @property
    def name(self) -> str:
        """The dotted name; from the second call on with its number."""
        return f"{self.path}_{self.times}" if self.times else self.path

    def __hash__(self) -> int:
        """By name: there are no two calls of one name in a trace."""
        return hash(self.name)


@dataclass(frozen=True)
class TracedCall:
    """What went into a module's call and came out, in nodes.

    Attributes:
        args, kwargs: nodes and constants.
        returned: a node, or whatever structure of nodes it returned.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    returned: Any


@dataclass(frozen=True)
class Traced:
    """A network's forward in one mode.

    Attributes:
        graph: every operation down to torch's own modules; each node knows its calls (`CALLS`).
        calls: every call of a module.
        opaque: modules that cannot be followed inside, by dotted name, each with the reason.
    """

    graph: fx.Graph
    calls: dict[ModuleCall, TracedCall]
    opaque: dict[str, str]


def trace(network: nn.Module) -> Traced:
    """Follows the forward of a network in the mode that it is in; modules that cannot be followed stay whole.

    Raises:
        ModelError: the network's own forward cannot be followed, or takes more than one input.
    """
    opaque: dict[type[nn.Module], str] = {}
    reasons: dict[str, str] = {}
    while True:
        tracer = _Tracer(tuple(opaque))
        try:
            graph = tracer.trace(network, _defaults(network))
        except Exception as error:  # a foreign forward runs with stand-ins for tensors: anything may come
            if tracer.failed is None or type(tracer.failed.module) in opaque:
                raise ModelError(
                    f"{type(network).__name__}: its own forward cannot be followed: {_said(error)}"
                ) from error
            opaque[type(tracer.failed.module)] = _said(error)
            continue
        for call in tracer.calls:
            if type(call.module) in opaque:
                reasons[call.path] = opaque[type(call.module)]
        _drop_defaults(graph)
        return Traced(graph, tracer.calls, reasons)


def _defaults(network: nn.Module) -> dict[str, Any]:
    """What a forward's further arguments are when nobody gives them."""
    _, *others = inspect.signature(network.forward).parameters.values()
    required = [each.name for each in others if each.default is each.empty and each.kind not in _VARIADIC]
    if required:
        raise ModelError(f"{type(network).__name__} takes more than one input: {', '.join(required)}.")
    return {each.name: each.default for each in others if isinstance(each.default, _PLAIN)}


def _drop_defaults(graph: fx.Graph) -> None:
    """Takes out torch.fx's assertions that further arguments have their defaults, and the arguments."""
    _, *others = [node for node in graph.nodes if node.op == "placeholder"]
    for node in others:
        followers = [node]
        for follower in followers:
            followers += follower.users
        if all(each.op != "output" for each in followers):
            for each in reversed(list(dict.fromkeys(followers))):
                graph.erase_node(each)


@dataclass
class _Tracer(fx.Tracer):
    """Goes into every module that is not torch's own, save those of the `opaque` classes."""

    opaque: tuple[type[nn.Module], ...]
    calls: dict[ModuleCall, TracedCall] = field(default_factory=dict)
    failed: ModuleCall | None = None
    _stack: list[ModuleCall] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = object.__hash__

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether the module is one operation."""
        return isinstance(m, self.opaque) or is_activation(m) or super().is_leaf_module(m, module_qualified_name)

    def create_arg(self, a: Any) -> Any:
        """An argument of an operation; a tensor has to be the network's own, to follow it to other devices."""
        if isinstance(a, Tensor) and not self._is_own(a):
            raise ModelError("it computes with a tensor that the forward makes itself, from nothing of its input")
        return super().create_arg(a)

    def _is_own(self, tensor: Tensor) -> bool:
        if isinstance(tensor, nn.Parameter):
            return True
        return any(
            tensor is each
            for module in self.root.modules()
            for each in (*module._buffers.values(), *vars(module).values())  # noqa: SLF001
        )

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Notes the call, and the innermost one that fails."""
        path = self.path_of_module(m)
        call = ModuleCall(path, self._times[path], m)
        self._times[path] += 1
        given = self._nodes(args), self._nodes(kwargs)  # now: the module may change a list that it is given
        self._stack.append(call)
        try:
            returned = super().call_module(m, forward, args, kwargs)
        except Exception:  # as above
            self.failed = self.failed or call
            raise
        self._stack.pop()
        self.calls[call] = TracedCall(*given, self._nodes(returned))
        return returned

    def _nodes(self, value: Any) -> Any:
        """Stand-ins and the network's own tensors replaced by their nodes."""
        if isinstance(value, (fx.Proxy, Tensor)):
            return self.create_arg(value)
        if type(value) in (list, tuple):
            return type(value)(self._nodes(each) for each in value)
        if isinstance(value, dict):
            return {key: self._nodes(each) for key, each in value.items()}
        return value

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        """A node that knows the calls around it."""
        node = super().create_node(*args, **kwargs)
        node.meta[CALLS] = tuple(self._stack)
        return node


def _said(error: Exception) -> str:
    words = str(error).strip().partition("\n")[0]
    return words or type(error).__name__
