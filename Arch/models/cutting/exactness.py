"""Checks, by running both, that a sequence of layers computes exactly the network's own forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule

from Arch.errors import ModelError
from Arch.models.architecture import Shape
from Arch.models.cutting.layer import Layer
from Arch.models.graph.values import example_inputs, first_sentence
from Arch.models.isolation import isolated

ADVICE = (
    "A forward with other effects than its tensor operations (detached copies, writes to parameters, hooks on the "
    "network or on gradients, internal state, results that vary between calls) cannot be cut."
)
# Exceptions that a foreign forward may raise when its operations run layer by layer.
FOREIGN_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError)
_BATCH = 2  # a batch of one has no statistics


@dataclass(frozen=True)
class _Outcome:
    """The results of one run: logits, gradients of parameters and examples, buffers afterwards."""

    logits: Tensor
    gradients: tuple[Tensor | None, ...]
    buffers: tuple[Tensor, ...]


class _LayerOutput:
    """A layer's output with a copy, to detect later whether it was overwritten."""

    def __init__(self, value: Tensor) -> None:
        self._value, self._copy = value, value.detach().clone()
        self._writes = value._version  # noqa: SLF001 - torch's only count of writes; misses those to `.data`

    @property
    def is_overwritten(self) -> bool:
        return self._value._version != self._writes or not _close(self._value.detach(), self._copy)  # noqa: SLF001


def require_exact(network: nn.Module, layers: Sequence[Layer], head: Layer, shape: Shape) -> tuple[bool, ...]:
    """Runs the network and its layers on the same examples, in training and in evaluation mode, and compares.

    Compared are the logits, the gradients of all parameters and of the examples, and the buffers afterwards
    (BatchNorm's statistics must be updated once). The network's state is restored.

    Returns:
        For each layer whether a later one overwrites its output in place.

    Raises:
        ModelError: the results differ; the message says which, and names the first module that differs if there is one.
    """
    overwritten = [False] * len(layers)
    for mode in (True, False):
        with isolated(network):
            own = _outcome(network, shape, network, is_training=mode)
        with isolated(network):
            seen: list[_LayerOutput] = []
            composed = _composed(network, layers, head, shape, seen, is_training=mode)
        difference = _difference(own, composed)
        if difference:
            name = _first_differing_layer(network, layers, shape, is_training=mode)
            raise ModelError(f"{name}: the composition of its layers has other {difference} than the network. {ADVICE}")
        overwritten = [before or each.is_overwritten for before, each in zip(overwritten, seen, strict=True)]
    return tuple(overwritten)


def _outcome(network: nn.Module, shape: Shape, forward: Callable[[Tensor], Tensor], *, is_training: bool) -> _Outcome:
    network.train(is_training)
    with torch.enable_grad():
        x = example_inputs(network, _BATCH, shape).requires_grad_()
        logits = forward(x.clone())  # the first module may write into its input
        weights = torch.randn(logits.shape, generator=torch.Generator("cpu").manual_seed(1), device="cpu").to(logits)
        wanted = [x, *(parameter for parameter in network.parameters() if parameter.requires_grad)]
        gradients = _gradients((logits * weights).sum(), wanted)
    return _Outcome(logits.detach(), gradients, tuple(buffer.detach().clone() for buffer in network.buffers()))


def _composed(
    network: nn.Module,
    layers: Sequence[Layer],
    head: Layer,
    shape: Shape,
    seen: list[_LayerOutput],
    *,
    is_training: bool,
) -> _Outcome:
    try:
        return _outcome(network, shape, lambda x: _compose(layers, head, x, seen), is_training=is_training)
    except FOREIGN_ERRORS as error:
        raise ModelError(
            f"{type(network).__name__}: its layers cannot run one after another: {first_sentence(error)}"
        ) from error


def _gradients(loss: Tensor, wanted: Sequence[Tensor]) -> tuple[Tensor | None, ...]:
    """Returns the gradients, or none if the network's own backward fails: an in-place operation may break it."""
    try:
        return torch.autograd.grad(loss, wanted, allow_unused=True)
    except RuntimeError:
        return ()


def _compose(layers: Sequence[Layer], head: Layer, x: Tensor, seen: list[_LayerOutput]) -> Tensor:
    """Returns the logits, and appends each layer's output to `seen`."""
    for layer in layers:
        x = layer(x)
        seen.append(_LayerOutput(x))
    logits: Tensor = head(x)
    return logits


def _difference(own: _Outcome, composed: _Outcome) -> str:
    if not _close(own.logits, composed.logits):
        return "logits"
    same_number = len(own.gradients) == len(composed.gradients)
    if not same_number or not all(map(_close, own.gradients, composed.gradients)):
        return "gradients"
    if not all(map(_close, own.buffers, composed.buffers)):
        return "buffers (such as BatchNorm's statistics)"
    return ""


def _close(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return one is other
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if torch.equal(one, other):  # the usual case, and much faster than a comparison with tolerance
        return True
    if not one.is_floating_point():
        return False
    loose = one.dtype in (torch.float16, torch.bfloat16)
    magnitudes = one.abs()[one.isfinite()]  # a network whose weights are not finite is compared as well
    largest = float(magnitudes.max()) if magnitudes.numel() else 0.0
    relative, absolute = (1e-2, 1e-2) if loose else (1e-4, 1e-5)
    return torch.allclose(one, other, rtol=relative, atol=absolute * largest, equal_nan=True)


def _first_differing_layer(network: nn.Module, layers: Sequence[Layer], shape: Shape, *, is_training: bool) -> str:
    """Returns the name of the first layer whose output differs from that of the module of its name."""
    given: dict[str, Tensor] = {}
    modules = {name: each for name, each in network.named_modules() if name and not isinstance(each, ScriptModule)}
    watched = [layer.name for layer in layers if layer.name in modules]

    def keep(name: str) -> Callable[..., None]:
        def note(_module: nn.Module, _args: object, result: Tensor) -> None:
            given.setdefault(name, result.clone())

        return note

    with isolated(network), torch.no_grad():
        handles = [modules[name].register_forward_hook(keep(name)) for name in watched]
        network.train(is_training)
        network(example_inputs(network, _BATCH, shape))
        for handle in handles:
            handle.remove()
    with isolated(network), torch.no_grad():
        network.train(is_training)
        x = example_inputs(network, _BATCH, shape)
        for layer in layers:
            x = layer(x)
            if layer.name in given and not _close(given[layer.name], x):
                return f"{layer.name} ({type(modules[layer.name]).__name__})"
    return type(network).__name__
