"""Folds BatchNorm into the preceding convolution of frozen networks, which is exact in evaluation mode."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import TypeGuard, overload

from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from Arch.errors import ModelError
from Arch.models.graph.tracing import trace
from Arch.models.imodel import IModel

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@overload
def fold_batch_norm(network: IModel) -> IModel: ...
@overload
def fold_batch_norm(network: nn.Module) -> nn.Module: ...
def fold_batch_norm(network: nn.Module) -> nn.Module:
    """Returns a copy of a network in evaluation mode, with each BatchNorm folded into the convolution that it follows.

    With s = gamma / sqrt(var + eps), conv(x; W, b) followed by BatchNorm is conv(x; s W, s (b - mean) + beta). A pair
    is folded only if the BatchNorm is the convolution's only reader and both are called once. `nn.Identity` replaces
    the BatchNorm, so that module names and layers stay. A network that torch.fx cannot trace is copied unfolded,
    because the readers of its convolutions are unknown. The network itself is not changed.
    """
    if isinstance(network, IModel):
        return IModel(fold_batch_norm(network.network), network.shape, name=network.name).eval()
    folded = copy.deepcopy(network).eval()
    for conv_name, norm_name in list(_pairs(folded)):
        conv, norm = folded.get_submodule(conv_name), folded.get_submodule(norm_name)
        if _is_foldable(norm) and isinstance(conv, CONVOLUTIONS):
            folded.set_submodule(conv_name, fuse_conv_bn_eval(conv, norm))
            folded.set_submodule(norm_name, nn.Identity())
    return folded


def _pairs(network: nn.Module) -> Iterator[tuple[str, str]]:
    """Yields the names of a convolution and of the module that alone reads it, both called once."""
    try:
        graph = trace(network).graph
    except ModelError:
        return
    calls = [node for node in graph.nodes if node.op == "call_module"]
    times = Counter(node.target for node in calls)
    for node in calls:
        before = node.args[0] if node.args else None
        if not isinstance(before, fx.Node) or before.op != "call_module" or len(before.users) != 1:
            continue
        if times[before.target] == times[node.target] == 1:
            yield str(before.target), str(node.target)


def _is_foldable(norm: nn.Module) -> TypeGuard[nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d]:
    return isinstance(norm, NORMS) and norm.running_mean is not None
