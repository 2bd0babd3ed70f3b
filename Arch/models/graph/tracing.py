"""Follows a network's forward with stand-ins for tensors, module by module."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import fx, nn

from Arch.errors import ModelError
from Arch.models.graph.tracer import ModuleCall, TracedCall, Tracer
from Arch.models.graph.values import said
from Arch.models.isolation import gpus

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_PLAIN = (bool, int, float, str, type(None))


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

    def whole(self, network: nn.Module) -> dict[type[nn.Module], str]:
        """The classes of the opaque modules, each with the reason."""
        return {type(network.get_submodule(path)): reason for path, reason in self.opaque.items()}


def trace(network: nn.Module, whole: Mapping[type[nn.Module], str] = MappingProxyType({})) -> Traced:
    """Follows the forward of a network in the mode that it is in; modules that cannot be followed stay whole.

    Args:
        network: any.
        whole: classes of modules known to be such, each with the reason.

    Raises:
        ModelError: the network's own forward cannot be followed, or takes more than one input.
    """
    if isinstance(network, torch.jit.ScriptModule) or getattr(network, "_orig_mod", None):
        raise ModelError(
            f"{type(network).__name__}: it is compiled, so its own forward cannot be followed: wrap the network "
            "itself, and compile what wraps it."
        )
    opaque = dict(whole)
    reasons: dict[str, str] = {}
    devices = gpus(network)
    own = {tensor: name for name, tensor in (*network.named_buffers(), *network.named_parameters())}
    while True:
        tracer = Tracer(tuple(opaque), devices, own)
        try:
            with tracer.without_draws():
                graph = tracer.trace(network, _defaults(network))
        except Exception as error:  # a foreign forward runs with stand-ins for tensors: anything may come
            if tracer.failed is None:
                raise ModelError(
                    f"{type(network).__name__}: its own forward cannot be followed: {said(error)}"
                ) from error
            opaque[type(tracer.failed.module)] = said(error)
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
