"""Finds a network's blocks: modules whose forward branches and merges again around a non-linearity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import fx, nn

from Arch.models.graph.flow import Flow
from Arch.models.graph.operations import BLOCKS, activates, attends, merges
from Arch.models.graph.tracer import CALLS, ModuleCall
from Arch.models.graph.tracing import Traced

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


@dataclass(frozen=True)
class Blocks:
    """The blocks of a network.

    Attributes:
        call_of: the outermost block's call, for each node inside a block.
        merges_outside: nodes outside every block that merge branches, one of which has a non-linearity: residual sums
            in the network's own forward.
    """

    call_of: Mapping[fx.Node, ModuleCall]
    merges_outside: frozenset[fx.Node]


def find_blocks(network: nn.Module, traced: Traced, flow: Flow, head: fx.Node) -> Blocks:
    """Finds the blocks of a network.

    A block is the innermost module inside which the data flow branches and merges again by a sum or a concatenation,
    with a non-linearity on a branch. If one module of a class is a block, all modules of that class are: an inverted
    residual that changes the size has no shortcut. A module that cannot be traced and has submodules is a block, too.
    No block contains the `head`.
    """
    nonlinear = frozenset(
        node
        for node in traced.graph.nodes
        if activates(node, network) or attends(node, network) or _is_opaque(node, traced)
    )
    classes: set[type[nn.Module]] = {type(network.get_submodule(path)) for path in traced.opaque}
    merges_outside = []
    for start, end in flow.branches:
        nodes = flow.nodes[start + 1 : end + 1]
        call = _innermost(nodes)
        if not merges(nodes[-1]) or not _has_nonlinearity(nodes, call, traced.graph, nonlinear):
            continue
        if call is None or call in head.meta[CALLS] or type(call.module) in _CONTAINERS:
            merges_outside.append(nodes[-1])
        else:
            classes.add(type(call.module))
    return _blocks_of_classes(traced, tuple(classes) + BLOCKS, head, merges_outside)


def _blocks_of_classes(
    traced: Traced, classes: tuple[type[nn.Module], ...], head: fx.Node, merges_outside: list[fx.Node]
) -> Blocks:
    call_of: dict[fx.Node, ModuleCall] = {}
    for node in traced.graph.nodes:
        for call in node.meta[CALLS]:
            has_children = next(call.module.children(), None) is not None
            if type(call.module) in classes and has_children and call not in head.meta[CALLS]:
                call_of[node] = call
                break
    return Blocks(call_of, frozenset(node for node in merges_outside if node not in call_of))


def _innermost(nodes: tuple[fx.Node, ...]) -> ModuleCall | None:
    """Returns the innermost call that contains all nodes, or None for the network itself."""
    first, *others = (node.meta[CALLS] for node in nodes)
    shared = [call for call in first if all(call in calls for calls in others)]
    return shared[-1] if shared else None


def _has_nonlinearity(
    nodes: tuple[fx.Node, ...], call: ModuleCall | None, graph: fx.Graph, nonlinear: frozenset[fx.Node]
) -> bool:
    """Returns whether a non-linearity is among the nodes, or elsewhere in their call."""
    if any(node in nonlinear for node in nodes):
        return True
    return call is not None and any(node in nonlinear and call in node.meta[CALLS] for node in graph.nodes)


def _is_opaque(node: fx.Node, traced: Traced) -> bool:
    return node.op == "call_module" and str(node.target) in traced.opaque
