"""A torch.fx tracer that records the module calls of each operation and rejects what a graph cannot express."""

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
from Arch.models.isolation import generator_states

CALLS = "calls"  # key in a node's `meta`: the module calls that contain it, outermost first


@dataclass(frozen=True)
class ModuleCall:
    """One call of a module; equal only to itself.

    Attributes:
        path: the module's dotted name.
        times: the number of earlier calls of the same module.
        module: the module.
    """

    path: str
    times: int
    module: nn.Module

    @property
    def name(self) -> str:
        """The dotted name; from the second call on with its number."""
        return f"{self.path}_{self.times}" if self.times else self.path

    def __hash__(self) -> int:
        """Hashes the name, which is unique within a trace."""
        return hash(self.name)


@dataclass(frozen=True)
class TracedCall:
    """The arguments and the return value of a module call, as nodes.

    Attributes:
        args, kwargs: nodes and constants.
        returned: a node, or any structure of nodes.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    returned: Any


def _global_modes() -> tuple[object, ...]:
    """Returns torch's global modes (gradients, inference, autocast), which a graph does not record."""
    casts = ((torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in ("cpu", "cuda"))
    return (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), *casts)


class InPlaceProxy(fx.Proxy):
    """A proxy that records in-place operators as such, where torch.fx records other operators or raises."""

    def __setitem__(self, position: Any, value: Any) -> None:
        self.tracer.create_proxy("call_function", operator.setitem, (self, position, value), {})


def _in_place(operation: Callable[[Any, Any], Any]) -> Callable[[InPlaceProxy, Any], fx.Proxy]:
    return lambda value, other: value.tracer.create_proxy("call_function", operation, (value, other), {})


for _operation in (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow):
    setattr(InPlaceProxy, f"__{_operation.__name__}__", _in_place(_operation))


class TensorProxy(InPlaceProxy):
    """A proxy for a parameter or buffer of the network, whose shape is known."""

    def __init__(self, node: fx.Node, tracer: fx.Tracer, tensor: Tensor) -> None:
        super().__init__(node, tracer)
        self.shape, self.ndim, self.numel, self.dim, self.size = (
            tensor.shape, tensor.ndim, tensor.numel, tensor.dim, tensor.size
        )  # fmt: skip

    def __len__(self) -> int:
        return self.shape[0]


@contextlib.contextmanager
def _reworded(message: str) -> Iterator[None]:
    try:
        yield
    except fx.proxy.TraceError as error:
        raise ModelError(message) from error


def _traceable_forward(module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    """Returns the forward to trace; for torch's encoder a loop over its layers, its forward without masks."""
    if isinstance(module, torch.jit.ScriptModule):
        raise ModelError("it is compiled")
    return functools.partial(_encode, module) if type(module) is nn.TransformerEncoder else forward


def _encode(encoder: nn.TransformerEncoder, x: Any) -> Any:
    for layer in encoder.layers:
        x = layer(x)
    return x if encoder.norm is None else encoder.norm(x)


@dataclass
class Tracer(fx.Tracer):
    """Traces into every module that is not torch's own, except those of the `opaque` classes, and records module calls.

    Attributes:
        opaque: classes of modules that are traced as one operation.
        devices: the GPUs that the network is on.
        own: the names of the network's parameters and buffers.
        calls: every call of a module.
        failed: the innermost call whose forward could not be traced.
    """

    opaque: tuple[type[nn.Module], ...]
    devices: list[torch.device]
    own: Mapping[Tensor, str]
    calls: dict[ModuleCall, TracedCall] = field(default_factory=dict)
    failed: ModuleCall | None = None
    _stack: list[ModuleCall] = field(default_factory=list)
    _times: Counter[str] = field(default_factory=Counter)
    _global_modes: tuple[object, ...] = field(default_factory=_global_modes)

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = object.__hash__

    @contextlib.contextmanager
    def without_draws(self) -> Iterator[None]:
        """Rejects a forward that draws random numbers while it is traced: they would become constants of the graph."""
        before = generator_states(self.devices)
        yield
        if generator_states(self.devices) != before:
            raise ModelError("it draws random numbers other than by torch operations on its input")

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Returns whether the module is traced as one operation."""
        if isinstance(m, self.opaque) or is_activation(m):
            return True
        return type(m) is not nn.TransformerEncoder and super().is_leaf_module(m, module_qualified_name)

    def to_bool(self, obj: fx.Proxy) -> bool:
        """Rejects control flow that depends on a traced value."""
        with _reworded("its control flow depends on computed values (an if, a while, an assert)"):
            return super().to_bool(obj)

    def iter(self, obj: fx.Proxy) -> Iterator[Any]:
        """Yields the elements of a proxy, where torch.fx knows their number."""
        with _reworded("it iterates over a value of unknown length (tuple(x.shape), a loop over a tensor)"):
            return super().iter(obj)

    def proxy(self, node: fx.Node) -> fx.Proxy:
        """Returns the proxy for a node's value."""
        return InPlaceProxy(node, self)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:  # noqa: ARG002 - fx's
        """Returns an attribute of a module: for a parameter or buffer a proxy."""
        name = self.own.get(attr_val) if isinstance(attr_val, Tensor) else None
        if name is None:
            return attr_val
        if name not in parameter_proxy_cache:
            new_proxy = functools.partial(TensorProxy, tracer=self, tensor=attr_val)
            parameter_proxy_cache[name] = self.create_proxy("get_attr", name, (), {}, proxy_factory_fn=new_proxy)
        return parameter_proxy_cache[name]

    def create_arg(self, a: Any) -> Any:
        """Converts an argument of an operation; a tensor must belong to the network, so that it moves with it."""
        if isinstance(a, Tensor) and not self._is_own(a):
            raise ModelError("it uses a tensor that its forward creates independently of its input")
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
        """Records the call of a module, and the innermost call that fails."""
        path = self.path_of_module(m)
        call = ModuleCall(path, self._times[path], m)
        self._times[path] += 1
        given = (
            self._nodes(args),
            self._nodes(kwargs),
        )  # before the call, which may change a list
        self._stack.append(call)
        is_leaf = self.is_leaf_module(m, path)  # then its forward does not run: an error is its caller's
        try:
            with contextlib.nullcontext() if is_leaf else self.without_draws():
                opened = forward if is_leaf else _traceable_forward(m, forward)
                returned = super().call_module(m, opened, args, kwargs)
        except Exception:  # a foreign forward runs with proxies and may raise anything
            self.failed = self.failed or (None if is_leaf else call)
            raise
        finally:
            self._stack.pop()
        self.calls[call] = TracedCall(*given, self._nodes(returned))
        return returned

    def _nodes(self, value: Any) -> Any:
        """Replaces proxies and the network's own tensors by their nodes."""
        if isinstance(value, (fx.Proxy, Tensor)):
            return self.create_arg(value)
        if type(value) in (list, tuple):
            return type(value)(self._nodes(each) for each in value)
        if isinstance(value, dict):
            return {key: self._nodes(each) for key, each in value.items()}
        return value

    def create_node(self, *args: Any, **kwargs: Any) -> fx.Node:
        """Creates a node that knows its module calls; rejects operations under other global modes of torch."""
        if _global_modes() != self._global_modes:
            raise ModelError("it switches gradients or autocast on or off, or defines its own gradient")
        node = super().create_node(*args, **kwargs)
        node.meta[CALLS] = tuple(self._stack)
        return node
