"""A network's forward as a line of programs, one for each generalized layer and one for the head."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import fx, nn

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.graph.collapsing import collapse
from Arch.models.graph.cut_points import Cut, find_cuts, names_of
from Arch.models.graph.flow import Flow
from Arch.models.graph.operations import activates
from Arch.models.graph.program import Modes, Program, stretch
from Arch.models.graph.tracing import Traced, trace
from Arch.models.graph.values import kinds_of, said
from Arch.models.isolation import NUMBERS, untouched, without_leftovers


@dataclass(frozen=True)
class Part:
    """A generalized layer or the head, in one mode or in both.

    Attributes:
        name: of the layer.
        programs: what it computes.
        with_input: the same, giving what its last non-linearity reads in front; None where it ends in none.
    """

    name: str
    programs: Modes
    with_input: Modes | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Dotted names of the modules, parameters and buffers that it uses."""
        return tuple(dict.fromkeys(self.programs.evaluation.targets + self.programs.training.targets))


@dataclass(frozen=True)
class Line:
    """A network, cut.

    Attributes:
        layers: the generalized layers.
        head: from the last layer to the logits.
        names: layers by name.
        shapes: of what each layer gives, without the batch.
        logits: the shape of what the head gives, without the batch.
        opaque: modules that could not be followed inside, with the reason.
    """

    layers: tuple[Part, ...]
    head: Part
    names: Mapping[str, int]
    shapes: tuple[Shape, ...]
    logits: Shape
    opaque: Mapping[str, str]


def make_line(network: nn.Module, shape: Shape) -> Line:
    """Follows and cuts a network; whether the line is exact is not asked here but by `Arch.models.cutting.exactness`.

    Raises:
        ModelError: its forward cannot be followed, has no head or no layer before it, or is not the same line in
            training and in evaluation.
    """
    evaluated, trained = _followed_in_both(network)
    line = _in_mode(network, evaluated, shape, is_training=False)
    if _code(evaluated) == _code(trained):
        return line
    training = _in_mode(network, trained, shape, is_training=True)
    if _told_apart(line) != _told_apart(training):
        raise ModelError(f"{type(network).__name__} computes along other layers in training than in evaluation.")
    layers = tuple(map(_merged, line.layers, training.layers))
    return replace(line, layers=layers, head=_merged(line.head, training.head))


def _followed_in_both(network: nn.Module) -> tuple[Traced, Traced]:
    """In evaluation and in training; what cannot be followed inside in one of them stays whole in both."""
    evaluated = _followed(network, {}, is_training=False)
    whole = evaluated.whole(network)
    trained = _followed(network, whole, is_training=True)
    more = trained.whole(network)
    if not more.keys() <= whole.keys():
        evaluated = _followed(network, whole | more, is_training=False)
    return evaluated, trained


def _followed(network: nn.Module, whole: Mapping[type[nn.Module], str], *, is_training: bool) -> Traced:
    with untouched(network), without_leftovers(network, but=NUMBERS), torch.enable_grad():
        network.train(is_training)
        return trace(network, whole)


def _code(traced: Traced) -> str:
    return traced.graph.python_code("self").src


def _in_mode(network: nn.Module, traced: Traced, shape: Shape, *, is_training: bool) -> Line:
    """The line in one mode."""
    with untouched(network), torch.no_grad():
        network.train(is_training)
        with _refusing_what_fails(network, shape):
            flow = Flow(traced.graph, kinds_of(network, traced.graph, shape))
        logits = _logits(network, flow)
        cuts = find_cuts(network, traced, flow)
        bends = any(activates(node, network) for node in flow.nodes)
    if not cuts and (bends or traced.opaque):
        raise ModelError(
            f"{type(network).__name__} has no layer before its head: no non-linearity, block or flattening gives one "
            f"tensor, the batch first, on which alone all that follows depends.{_because(traced.opaque)}"
        )
    coarse = collapse(traced, flow, [cut.node for cut in cuts])
    layers, head = _parts(flow, coarse.flow, cuts, coarse.of)
    shapes = tuple((flow.shape(cut.node) or ())[1:] for cut in cuts)
    return Line(layers, head, names_of(cuts), shapes, logits, traced.opaque)


@contextlib.contextmanager
def _refusing_what_fails(network: nn.Module, shape: Shape) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise ModelError(f"{type(network).__name__} cannot read examples of shape {shape}: {said(error)}") from error


def _logits(network: nn.Module, flow: Flow) -> Shape:
    output = next(node for node in flow.graph.nodes if node.op == "output").args[0]
    shape = flow.shape(output) if output in flow.place else None
    if shape is None:
        mode = "training" if network.training else "evaluation"
        raise ModelError(f"{type(network).__name__} does not give one tensor of logits (B, K) in {mode}.")
    return shape[1:]


def _parts(
    fine: Flow, coarse: Flow, cuts: tuple[Cut, ...], of: Mapping[fx.Node, fx.Node]
) -> tuple[tuple[Part, ...], Part]:
    starts = (fine.nodes[0], *(cut.node for cut in cuts))
    layers = tuple(
        Part(
            cut.names[0],
            _both(stretch(coarse, of[start], of[cut.node])),
            _both(stretch(fine, start, cut.node, with_input_of_end=True)) if cut.is_activation else None,
        )
        for start, cut in zip(starts[:-1], cuts, strict=True)
    )
    end = next(node for node in coarse.graph.nodes if node.op == "output")
    return layers, Part("head", _both(stretch(coarse, of[starts[-1]], end)))


def _both(program: Program) -> Modes:
    return Modes(program, program)


def _merged(evaluation: Part, training: Part) -> Part:
    one, other = evaluation.with_input, training.with_input
    with_input = Modes(one.evaluation, other.training) if one and other else None
    return Part(evaluation.name, Modes(evaluation.programs.evaluation, training.programs.training), with_input)


def _told_apart(line: Line) -> tuple[object, ...]:
    return line.names, line.shapes, [bool(part.with_input) for part in line.layers]


def _because(opaque: Mapping[str, str]) -> str:
    if not opaque:
        return ""
    name, reason = next(iter(opaque.items()))
    return f" {name} cannot be followed inside: {reason}"
