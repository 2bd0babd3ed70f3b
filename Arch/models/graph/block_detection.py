"""Which calls of modules are blocks: those whose forward parts the way and joins it again round a non-linearity."""

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
    """A network's blocks.

    Attributes:
        of: for each node inside a block the outermost one's call.
        joins: nodes outside blocks at which a way joins that a non-linearity lies on, a network's own residual sums.
    """

    of: Mapping[fx.Node, ModuleCall]
    joins: frozenset[fx.Node]


def find_blocks(network: nn.Module, traced: Traced, flow: Flow, head: fx.Node) -> Blocks:
    """The blocks of a network.

    A block is the innermost module inside which the way parts and joins again by a sum or a concatenation, with a
    non-linearity on it. What one module of a class is, all of the class are: an inverted residual that changes the
    size has no shortcut. What cannot be followed inside and has modules of its own is a block, too. No block holds
    the `head`.
    """
    bends = frozenset(
        node
        for node in traced.graph.nodes
        if activates(node, network) or attends(node, network) or _is_whole(node, traced)
    )
    classes: set[type[nn.Module]] = {type(network.get_submodule(path)) for path in traced.opaque}
    joins = []
    for start, end in flow.parted:
        nodes = flow.nodes[start + 1 : end + 1]
        call = _innermost(nodes)
        if not merges(nodes[-1]) or not _bends(nodes, call, traced.graph, bends):
            continue
        if call is None or call in head.meta[CALLS] or type(call.module) in _CONTAINERS:
            joins.append(nodes[-1])
        else:
            classes.add(type(call.module))
    return _of_classes(traced, tuple(classes) + BLOCKS, head, joins)


def _of_classes(traced: Traced, classes: tuple[type[nn.Module], ...], head: fx.Node, joins: list[fx.Node]) -> Blocks:
    of: dict[fx.Node, ModuleCall] = {}
    for node in traced.graph.nodes:
        for call in node.meta[CALLS]:
            has_parts = next(call.module.children(), None) is not None
            if type(call.module) in classes and has_parts and call not in head.meta[CALLS]:
                of[node] = call
                break
    return Blocks(of, frozenset(node for node in joins if node not in of))


def _innermost(nodes: tuple[fx.Node, ...]) -> ModuleCall | None:
    """The innermost call that all nodes happen in, or None for the network itself."""
    first, *others = (node.meta[CALLS] for node in nodes)
    shared = [call for call in first if all(call in calls for calls in others)]
    return shared[-1] if shared else None


def _bends(nodes: tuple[fx.Node, ...], call: ModuleCall | None, graph: fx.Graph, bends: frozenset[fx.Node]) -> bool:
    """Whether there is a non-linearity among the nodes, or elsewhere in their call."""
    if any(node in bends for node in nodes):
        return True
    return call is not None and any(node in bends and call in node.meta[CALLS] for node in graph.nodes)


def _is_whole(node: fx.Node, traced: Traced) -> bool:
    return node.op == "call_module" and str(node.target) in traced.opaque
