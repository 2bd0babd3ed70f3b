"""The proof, by running it, that a line of layers is the network's own forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.cutting.layer import Layer
from Arch.models.graph.values import said, trial
from Arch.models.isolation import untouched

ADVICE = (
    "What a forward does beside its operations on tensors (detached copies, writes to parameters, hooks on the whole "
    "network or on gradients, state of its own, another result at each call) cannot be cut."
)
# What a foreign forward may raise when its operations come one layer after another.
FOREIGN_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError)
_TRIAL = 2  # examples; one alone has no statistics


@dataclass(frozen=True)
class _Outcome:
    """What one run showed: logits, gradients of parameters and examples, buffers afterwards."""

    logits: Tensor
    gradients: tuple[Tensor | None, ...]
    buffers: tuple[Tensor, ...]


class _Given:
    """What a layer gave, to be told later whether it is still that."""

    def __init__(self, value: Tensor) -> None:
        self._value, self._copy = value, value.detach().clone()
        self._writes = value._version  # noqa: SLF001 - torch's only count of writes, but not of those to `.data`

    @property
    def is_overwritten(self) -> bool:
        return self._value._version != self._writes or not _close(self._value.detach(), self._copy)  # noqa: SLF001


def require_exact(network: nn.Module, layers: Sequence[Layer], head: Layer, shape: Shape) -> tuple[bool, ...]:
    """Runs the network and its line on the same examples, in training and in evaluation, and compares.

    Compared are logits, the gradients of all parameters and of the examples, and the buffers afterwards (BatchNorm's
    statistics are to move once). The network is as before afterwards.

    Returns:
        For each layer whether a later one works in place on what it gives.

    Raises:
        ModelError: the two differ; the message says in what, and names the module that it begins with if one does.
    """
    overwritten = [False] * len(layers)
    for mode in (True, False):
        with untouched(network):
            own = _outcome(network, shape, network, is_training=mode)
        with untouched(network):
            seen: list[_Given] = []
            composed = _composed(network, layers, head, shape, seen, is_training=mode)
        difference = _difference(own, composed)
        if difference:
            name = _culprit(network, layers, shape, is_training=mode)
            raise ModelError(f"{name}: composed of its layers, the network has other {difference}. {ADVICE}")
        overwritten = [before or each.is_overwritten for before, each in zip(overwritten, seen, strict=True)]
    return tuple(overwritten)


def _outcome(network: nn.Module, shape: Shape, forward: Callable[[Tensor], Tensor], *, is_training: bool) -> _Outcome:
    network.train(is_training)
    with torch.enable_grad():
        x = trial(network, _TRIAL, shape).requires_grad_()
        logits = forward(x.clone())  # a first module may work in place
        weights = torch.randn(logits.shape, generator=torch.Generator("cpu").manual_seed(1), device="cpu").to(logits)
        wanted = [x, *(parameter for parameter in network.parameters() if parameter.requires_grad)]
        gradients = _gradients((logits * weights).sum(), wanted)
    return _Outcome(logits.detach(), gradients, tuple(buffer.detach().clone() for buffer in network.buffers()))


def _composed(
    network: nn.Module,
    layers: Sequence[Layer],
    head: Layer,
    shape: Shape,
    seen: list[_Given],
    *,
    is_training: bool,
) -> _Outcome:
    try:
        return _outcome(network, shape, lambda x: _compose(layers, head, x, seen), is_training=is_training)
    except FOREIGN_ERRORS as error:
        raise ModelError(f"{type(network).__name__}: its layers do not run one after another: {said(error)}") from error


def _gradients(loss: Tensor, wanted: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """None at all where the network itself has none: an operation in place may destroy what a backward pass needs."""
    try:
        return torch.autograd.grad(loss, wanted, allow_unused=True)
    except RuntimeError:
        return ()


def _compose(layers: Sequence[Layer], head: Layer, x: Tensor, seen: list[_Given]) -> Tensor:
    """The logits; notes what each layer gave."""
    for layer in layers:
        x = layer(x)
        seen.append(_Given(x))
    logits: Tensor = head(x)
    return logits


def _difference(own: _Outcome, composed: _Outcome) -> str:
    if not _close(own.logits, composed.logits):
        return "logits"
    same_number = len(own.gradients) == len(composed.gradients)
    if not same_number or not all(map(_close, own.gradients, composed.gradients)):
        return "gradients"
    if not all(map(_close, own.buffers, composed.buffers)):
        return "buffers (BatchNorm's statistics, say)"
    return ""


def _close(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if torch.equal(one, other):  # as a rule, and much faster than what allows for rounding
        return True
    if not one.is_floating_point():
        return False
    loose = one.dtype in (torch.float16, torch.bfloat16)
    largest = float(one.abs().max()) if one.numel() else 0.0
    relative, absolute = (1e-2, 1e-2) if loose else (1e-4, 1e-5)
    return torch.allclose(one, other, rtol=relative, atol=absolute * largest, equal_nan=True)


def _culprit(network: nn.Module, layers: Sequence[Layer], shape: Shape, *, is_training: bool) -> str:
    """The name of the first layer that gives other features than the module of its name does in the network."""
    given: dict[str, Tensor] = {}
    modules = {name: each for name, each in network.named_modules() if name and not isinstance(each, ScriptModule)}
    watched = [layer.name for layer in layers if layer.name in modules]

    def keep(name: str) -> Callable[..., None]:
        def note(_module: nn.Module, _args: object, result: Tensor) -> None:
            given.setdefault(name, result.clone())

        return note

    with untouched(network), torch.no_grad():
        handles = [modules[name].register_forward_hook(keep(name)) for name in watched]
        network.train(is_training)
        network(trial(network, _TRIAL, shape))
        for handle in handles:
            handle.remove()
    with untouched(network), torch.no_grad():
        network.train(is_training)
        x = trial(network, _TRIAL, shape)
        for layer in layers:
            x = layer(x)
            if layer.name in given and not _close(given[layer.name], x):
                return f"{layer.name} ({type(modules[layer.name]).__name__})"
    return type(network).__name__
