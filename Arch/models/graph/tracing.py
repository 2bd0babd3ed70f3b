"""Traces a network's forward module by module; modules that cannot be traced become single operations."""

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
from Arch.models.graph.values import first_sentence
from Arch.models.isolation import gpus

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class Traced:
    """The traced forward of a network in one mode.

    Attributes:
        graph: every operation down to torch's own modules; each node knows its module calls (`CALLS`).
        calls: every call of a module.
        opaque: dotted names of modules that cannot be traced, each with the reason.
    """

    graph: fx.Graph
    calls: dict[ModuleCall, TracedCall]
    opaque: dict[str, str]

    def opaque_classes(self, network: nn.Module) -> dict[type[nn.Module], str]:
        """Returns the classes of the opaque modules, each with the reason."""
        return {type(network.get_submodule(path)): reason for path, reason in self.opaque.items()}


def trace(network: nn.Module, opaque_classes: Mapping[type[nn.Module], str] = MappingProxyType({})) -> Traced:
    """Traces the forward of a network in its present mode; modules that cannot be traced become single operations.

    Args:
        network: any module of one input.
        opaque_classes: classes of modules known to be untraceable, each with the reason.

    Raises:
        ModelError: the network's own forward cannot be traced, or takes more than one input.
    """
    if isinstance(network, torch.jit.ScriptModule) or getattr(network, "_orig_mod", None):
        raise ModelError(
            f"{type(network).__name__}: it is compiled, so its forward cannot be traced: wrap the network itself, "
            "and compile the wrapper."
        )
    opaque = dict(opaque_classes)
    reasons: dict[str, str] = {}
    devices = gpus(network)
    own = {tensor: name for name, tensor in (*network.named_buffers(), *network.named_parameters())}
    while True:
        tracer = Tracer(tuple(opaque), devices, own)
        try:
            with tracer.without_draws():
                graph = tracer.trace(network, _defaults(network))
        except Exception as error:  # a foreign forward runs with proxies and may raise anything
            if tracer.failed is None:
                raise ModelError(
                    f"{type(network).__name__}: its forward cannot be traced: {first_sentence(error)}"
                ) from error
            opaque[type(tracer.failed.module)] = first_sentence(error)
            continue
        for call in tracer.calls:
            if type(call.module) in opaque:
                reasons[call.path] = opaque[type(call.module)]
        _drop_defaults(graph)
        return Traced(graph, tracer.calls, reasons)


def _defaults(network: nn.Module) -> dict[str, Any]:
    """Returns the default values of a forward's further arguments."""
    _, *others = inspect.signature(network.forward).parameters.values()
    required = [each.name for each in others if each.default is each.empty and each.kind not in _VARIADIC]
    if required:
        raise ModelError(f"{type(network).__name__} takes more than one input: {', '.join(required)}.")
    return {each.name: each.default for each in others if isinstance(each.default, _PLAIN)}


def _drop_defaults(graph: fx.Graph) -> None:
    """Removes the further arguments from a graph, and torch.fx's assertions that they have their defaults."""
    _, *others = [node for node in graph.nodes if node.op == "placeholder"]
    for node in others:
        dependents = [node]
        for dependent in dependents:
            dependents += dependent.users
        if all(each.op != "output" for each in dependents):
            for each in reversed(list(dict.fromkeys(dependents))):
                graph.erase_node(each)
