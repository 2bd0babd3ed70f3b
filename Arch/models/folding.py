"""Folds BatchNorm into the preceding convolution of frozen networks, which is exact in evaluation mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import cast, overload

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from Arch.errors import ModelError
from Arch.models.copying import copied
from Arch.models.graph.tracing import trace
from Arch.models.imodel import IModel
from Arch.models.isolation import attributes_restored, isolated

NORM_OF: Mapping[type[nn.Module], type[nn.Module]] = {
    nn.Conv1d: nn.BatchNorm1d,
    nn.Conv2d: nn.BatchNorm2d,
    nn.Conv3d: nn.BatchNorm3d,
}
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@overload
def fold_batch_norm(network: IModel) -> IModel: ...
@overload
def fold_batch_norm(network: nn.Module) -> nn.Module: ...
def fold_batch_norm(network: nn.Module) -> nn.Module:
    """Returns a copy of a network in evaluation mode, with each BatchNorm folded into the convolution that it follows.

    With s = gamma / sqrt(var + eps), conv(x; W, b) followed by BatchNorm is conv(x; s W, s (b - mean) + beta). A pair
    is folded only if the BatchNorm is the convolution's only reader, both are called once and both are plain: torch's
    own classes without hooks, parametrizations or replaced methods. `nn.Identity` replaces the BatchNorm, so that
    module names and layers stay. A network that torch.fx cannot trace is copied unfolded, because the readers of its
    convolutions are unknown. The network itself is not changed.

    Raises:
        ModelError: the network cannot be copied.
    """
    if isinstance(network, IModel):
        return IModel(fold_batch_norm(network.network), network.shape, name=network.name).eval()
    folded = copied(network).eval()
    for conv_name, norm_name in list(_pairs(folded)):
        conv, norm = folded.get_submodule(conv_name), folded.get_submodule(norm_name)
        folded.set_submodule(conv_name, fuse_conv_bn_eval(cast("nn.Conv2d", conv), cast("nn.BatchNorm2d", norm)))
        folded.set_submodule(norm_name, nn.Identity())
    return folded


def foldable(network: nn.Module) -> int:
    """Returns the number of BatchNorms of torch's own classes in a network; more are never folded."""
    return sum(type(module) in NORM_OF.values() for module in network.modules())


def _pairs(network: nn.Module) -> Iterator[tuple[str, str]]:
    """Yields the names of a plain convolution and of the plain BatchNorm that alone reads it, both called once."""
    try:
        with isolated(network), attributes_restored(network), torch.enable_grad():
            graph = trace(network).graph
    except ModelError:
        return
    plain = _Plain(network, graph)
    for node in graph.nodes:
        before = node.args[0] if node.op == "call_module" and node.args else None
        if not isinstance(before, fx.Node) or before.op != "call_module" or len(before.users) != 1:
            continue
        conv, norm = network.get_submodule(str(before.target)), network.get_submodule(str(node.target))
        if _belong(conv, norm) and plain.has(conv, before) and plain.has(norm, node):
            yield str(before.target), str(node.target)


def _belong(conv: nn.Module, norm: nn.Module) -> bool:
    """Returns whether two modules are a convolution and a BatchNorm with statistics, of torch's own classes."""
    if type(norm) is not NORM_OF.get(type(conv)):
        return False
    return norm.running_mean is not None and norm.running_var is not None


class _Plain:
    """Decides which modules of a network do exactly what their class says, and are used once."""

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        nodes = tuple(graph.nodes)
        members = (each for module in network.modules() for each in module._modules.values())  # noqa: SLF001
        read = [str(node.target).rpartition(".") for node in nodes if node.op == "get_attr"]
        self._calls = Counter(node.target for node in nodes if node.op == "call_module")
        self._names = Counter(members)
        self._read = {id(getattr(network.get_submodule(owner), name)) for owner, _, name in read}

    def has(self, module: nn.Module, call: fx.Node) -> bool:
        """Returns whether a module is plain; `call` is its only call that is known."""
        is_single = self._calls[call.target] == 1 and self._names[module] == 1
        is_altered = any(callable(getattr(type(module), name, None)) for name in vars(module))
        is_watched = any(getattr(module, each) for each in _HOOKS)
        is_read = any(id(each) in self._read for each in (*module.parameters(), *module.buffers()))
        has_one_input = len(call.args) == 1 and not call.kwargs
        return is_single and has_one_input and not (module.training or is_altered or is_watched or is_read)
