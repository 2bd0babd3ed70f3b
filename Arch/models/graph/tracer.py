"""A tracer of torch.fx that knows who calls whom, and refuses what a graph would not remember."""

from __future__ import annotations

import contextlib
import functools
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn

from Arch.errors import ModelError
from Arch.models.graph.operations import is_activation
from Arch.models.isolation import generators

CALLS = "calls"  # in a node's `meta`: the module calls that it happened in, outermost first


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


def _surroundings() -> tuple[object, ...]:
    """What torch does beside the operations that are asked of it: a graph does not remember it."""
    casts = ((torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in ("cpu", "cuda"))
    return (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), *casts)


class StandIn(fx.Proxy):
    """A stand-in that records operators in place as such, where torch.fx records others or refuses."""

    def __setitem__(self, place: Any, value: Any) -> None:
        self.tracer.create_proxy("call_function", operator.setitem, (self, place, value), {})


def _in_place(operation: Callable[[Any, Any], Any]) -> Callable[[StandIn, Any], fx.Proxy]:
    return lambda value, other: value.tracer.create_proxy("call_function", operation, (value, other), {})


for _operation in (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow):
    setattr(StandIn, f"__{_operation.__name__}__", _in_place(_operation))


class OwnStandIn(StandIn):
    """Stands for a parameter or buffer of the network, whose shape is known."""

    def __init__(self, node: fx.Node, tracer: fx.Tracer, tensor: Tensor) -> None:
        super().__init__(node, tracer)
        self.shape, self.ndim, self.numel, self.dim, self.size = (
            tensor.shape, tensor.ndim, tensor.numel, tensor.dim, tensor.size
        )  # fmt: skip

    def __len__(self) -> int:
        return self.shape[0]


@contextlib.contextmanager
def _said_as(words: str) -> Iterator[None]:
    try:
        yield
    except fx.proxy.TraceError as error:
        raise ModelError(words) from error


def _opened(module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    """The forward to follow; that of torch's encoder asks its input for much, and without masks comes to this."""
    if isinstance(module, torch.jit.ScriptModule):
        raise ModelError("it is compiled")
    return functools.partial(_encode, module) if type(module) is nn.TransformerEncoder else forward


def _encode(encoder: nn.TransformerEncoder, x: Any) -> Any:
    for layer in encoder.layers:
        x = layer(x)
    return x if encoder.norm is None else encoder.norm(x)


@dataclass
class Tracer(fx.Tracer):
    """Goes into every module that is not torch's own, save those of the `opaque` classes; notes who calls whom.

    Attributes:
        opaque: classes of modules that are one operation each.
        devices: the GPUs that the network is on.
        own: the names of the network's parameters and buffers.
        calls: every call of a module.
        failed: the innermost call whose forward could not be followed.
    """

    opaque: tuple[type[nn.Module], ...]
    devices: list[torch.device]
    own: Mapping[Tensor, str]
    calls: dict[ModuleCall, TracedCall] = field(default_factory=dict)
    failed: ModuleCall | None = None
    _stack: list[ModuleCall] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)
    _surroundings: tuple[object, ...] = field(default_factory=_surroundings)

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = object.__hash__

    @contextlib.contextmanager
    def without_draws(self) -> Iterator[None]:
        """Refuses a forward that draws random numbers while it is followed: the graph would hold them for ever."""
        before = generators(self.devices)
        yield
        if generators(self.devices) != before:
            raise ModelError("it draws random numbers by more than operations on its input")

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether the module is one operation."""
        if isinstance(m, self.opaque) or is_activation(m):
            return True
        return type(m) is not nn.TransformerEncoder and super().is_leaf_module(m, module_qualified_name)

    def to_bool(self, obj: fx.Proxy) -> bool:
        """What torch.fx knows of a decision, which is nothing."""
        with _said_as("it decides by values that only a run has (an if, a while, an assert)"):
            return super().to_bool(obj)

    def iter(self, obj: fx.Proxy) -> Iterator[Any]:
        """The members that a stand-in is taken apart into, where torch.fx can tell how many."""
        with _said_as("it takes apart what only a run has the length of (tuple(x.shape), a loop over a tensor)"):
            return super().iter(obj)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        """The stand-in for what a node gives."""
        return StandIn(node, self)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:  # noqa: ARG002 - fx asks so
        """What the forward gets for an attribute: for a parameter or buffer a stand-in."""
        name = self.own.get(attr_val) if isinstance(attr_val, Tensor) else None
        if name is None:
            return attr_val
        if name not in parameter_proxy_cache:
            stand_in = functools.partial(OwnStandIn, tracer=self, tensor=attr_val)
            parameter_proxy_cache[name] = self.create_proxy("get_attr", name, (), {}, proxy_factory_fn=stand_in)
        return parameter_proxy_cache[name]

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
        is_leaf = self.is_leaf_module(m, path)  # then its forward does not run, and what fails is its caller's
        try:
            with contextlib.nullcontext() if is_leaf else self.without_draws():
                opened = forward if is_leaf else _opened(m, forward)
                returned = super().call_module(m, opened, args, kwargs)
        except Exception:  # a foreign forward runs with stand-ins for tensors: anything may come
            self.failed = self.failed or (None if is_leaf else call)
            raise
        finally:
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
        """A node that knows the calls around it; none is made where torch does more than it is asked."""
        if _surroundings() != self._surroundings:
            raise ModelError("it turns gradients or autocast on or off on its way, or has a gradient of its own")
        node = super().create_node(*args, **kwargs)
        node.meta[CALLS] = tuple(self._stack)
        return node
