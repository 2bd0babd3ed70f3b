"""A network's forward as a sequence of programs, one for each generalized layer and one for the head."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import fx, nn

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.graph.collapsing import collapse
from Arch.models.graph.cut_points import Cut, find_cuts, layer_indices
from Arch.models.graph.flow import Flow
from Arch.models.graph.operations import activates
from Arch.models.graph.program import Modes, Program, segment
from Arch.models.graph.tracing import Traced, trace
from Arch.models.graph.values import first_sentence, kinds_of
from Arch.models.isolation import NUMBERS, attributes_restored, isolated


@dataclass(frozen=True)
class Part:
    """A generalized layer or the head.

    Attributes:
        name: the layer's name.
        programs: what it computes in each mode.
        with_input: programs that return the input of its last non-linearity first; None if it does not end in one.
    """

    name: str
    programs: Modes
    with_input: Modes | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Dotted names of the modules, parameters and buffers that it uses."""
        return tuple(dict.fromkeys(self.programs.evaluation.targets + self.programs.training.targets))


@dataclass(frozen=True)
class LayerSequence:
    """A network, cut into layers.

    Attributes:
        layers: the generalized layers.
        head: the part from the last layer to the logits.
        names: layer indices by name.
        shapes: the output shape of each layer, without the batch.
        logits: the output shape of the head, without the batch.
        opaque: dotted names of modules that could not be traced, each with the reason.
    """

    layers: tuple[Part, ...]
    head: Part
    names: Mapping[str, int]
    shapes: tuple[Shape, ...]
    logits: Shape
    opaque: Mapping[str, str]


def make_layer_sequence(network: nn.Module, shape: Shape) -> LayerSequence:
    """Traces and cuts a network; `Arch.models.cutting.exactness` checks whether the cut is exact.

    Raises:
        ModelError: its forward cannot be traced, has no head or no layer before it, or has different layers in training
            and in evaluation mode.
    """
    evaluated, trained = _trace_in_both_modes(network)
    sequence = _in_mode(network, evaluated, shape, is_training=False)
    if _code(evaluated) == _code(trained):
        return sequence
    training = _in_mode(network, trained, shape, is_training=True)
    if _structure(sequence) != _structure(training):
        raise ModelError(f"{type(network).__name__} has other layers in training mode than in evaluation mode.")
    layers = tuple(map(_merge_modes, sequence.layers, training.layers))
    return replace(sequence, layers=layers, head=_merge_modes(sequence.head, training.head))


def _trace_in_both_modes(network: nn.Module) -> tuple[Traced, Traced]:
    """Traces the network in both modes; a module that is opaque in one of them is opaque in both."""
    evaluated = _trace_in_mode(network, {}, is_training=False)
    opaque = evaluated.opaque_classes(network)
    trained = _trace_in_mode(network, opaque, is_training=True)
    more = trained.opaque_classes(network)
    if not more.keys() <= opaque.keys():
        evaluated = _trace_in_mode(network, opaque | more, is_training=False)
    return evaluated, trained


def _trace_in_mode(network: nn.Module, opaque: Mapping[type[nn.Module], str], *, is_training: bool) -> Traced:
    with isolated(network), attributes_restored(network, keep=NUMBERS), torch.enable_grad():
        network.train(is_training)
        return trace(network, opaque)


def _code(traced: Traced) -> str:
    return traced.graph.python_code("self").src


def _in_mode(network: nn.Module, traced: Traced, shape: Shape, *, is_training: bool) -> LayerSequence:
    """Builds the layer sequence in one mode."""
    with isolated(network), torch.no_grad():
        network.train(is_training)
        with _reject_unreadable_shape(network, shape):
            flow = Flow(traced.graph, kinds_of(network, traced.graph, shape))
        logits = _logits(network, flow)
        cuts = find_cuts(network, traced, flow)
        nonlinear = any(activates(node, network) for node in flow.nodes)
    if not cuts and (nonlinear or traced.opaque):
        raise ModelError(
            f"{type(network).__name__} has no layer before its head: no non-linearity, block or flattening returns one "
            f"tensor, batch first, that is the only input of all later operations.{_opaque_reason(traced.opaque)}"
        )
    coarse = collapse(traced, flow, [cut.node for cut in cuts])
    layers, head = _parts(flow, coarse.flow, cuts, coarse.node_of)
    shapes = tuple((flow.shape(cut.node) or ())[1:] for cut in cuts)
    return LayerSequence(layers, head, layer_indices(cuts), shapes, logits, traced.opaque)


@contextlib.contextmanager
def _reject_unreadable_shape(network: nn.Module, shape: Shape) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise ModelError(
            f"{type(network).__name__} cannot read examples of shape {shape}: {first_sentence(error)}"
        ) from error


def _logits(network: nn.Module, flow: Flow) -> Shape:
    output = next(node for node in flow.graph.nodes if node.op == "output").args[0]
    shape = flow.shape(output) if output in flow.position else None
    if shape is None:
        mode = "training" if network.training else "evaluation"
        raise ModelError(f"{type(network).__name__} does not return one tensor of logits (B, K) in {mode} mode.")
    return shape[1:]


def _parts(
    fine: Flow, coarse: Flow, cuts: tuple[Cut, ...], node_of: Mapping[fx.Node, fx.Node]
) -> tuple[tuple[Part, ...], Part]:
    starts = (fine.nodes[0], *(cut.node for cut in cuts))
    layers = tuple(
        Part(
            cut.names[0],
            _same_in_both_modes(segment(coarse, node_of[start], node_of[cut.node])),
            _same_in_both_modes(segment(fine, start, cut.node, with_input_of_end=True)) if cut.is_activation else None,
        )
        for start, cut in zip(starts[:-1], cuts, strict=True)
    )
    end = next(node for node in coarse.graph.nodes if node.op == "output")
    return layers, Part("head", _same_in_both_modes(segment(coarse, node_of[starts[-1]], end)))


def _same_in_both_modes(program: Program) -> Modes:
    return Modes(program, program)


def _merge_modes(evaluation: Part, training: Part) -> Part:
    one, other = evaluation.with_input, training.with_input
    with_input = Modes(one.evaluation, other.training) if one and other else None
    return Part(evaluation.name, Modes(evaluation.programs.evaluation, training.programs.training), with_input)


def _structure(sequence: LayerSequence) -> tuple[object, ...]:
    return sequence.names, sequence.shapes, [bool(part.with_input) for part in sequence.layers]


def _opaque_reason(opaque: Mapping[str, str]) -> str:
    if not opaque:
        return ""
    name, reason = next(iter(opaque.items()))
    return f" {name} cannot be traced: {reason}"
