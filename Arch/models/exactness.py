"""The proof, by running it, that a network is its modules in order."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from Arch.errors import ModelError
from Arch.models.calls import record_calls
from Arch.models.order import ADVICE, require_order, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from Arch.models.architecture import Shape
    from Arch.models.line import Line


@dataclass(frozen=True)
class Proof:
    """What the trial runs showed.

    Attributes:
        shapes: of what each layer gives, then of the logits, without the batch.
        overwritten: for each layer, whether a later one works in place on what it gives.
    """

    shapes: tuple[Shape, ...]
    overwritten: tuple[bool, ...]


def prove(network: nn.Module, line: Line, shape: Shape) -> Proof:
    """Runs the network and its line on two random images, in training and in evaluation mode, and compares.

    The network's modes and buffers (BatchNorm's statistics) and torch's generators are as before afterwards.

    Raises:
        ModelError: the network cannot read such images, or is not its modules in order; the message names the module.
    """
    proofs = [_prove_in_mode(network, line, shape, is_training=mode) for mode in (True, False)]
    overwritten = tuple(any(flags) for flags in zip(*(proof.overwritten for proof in proofs), strict=True))
    return Proof(proofs[0].shapes, overwritten)


def _prove_in_mode(network: nn.Module, line: Line, shape: Shape, *, is_training: bool) -> Proof:
    images = _trial_images(network, shape)
    with _untouched(network):
        network.train(is_training)
        with _refusing_what_fails(network, shape):
            logits, calls = record_calls(network, images.clone())  # its first module may work in place
    require_order(network, "", calls)
    with _untouched(network):
        network.train(is_training)
        outputs, overwritten = _compose(line, images)
    if not torch.allclose(outputs[-1], logits, rtol=1e-4, atol=1e-5 * float(logits.abs().max()), equal_nan=True):
        raise ModelError(f"{title('', network)}: its modules in order give other logits than it does. {ADVICE}")
    return Proof(tuple(tuple(each.shape[1:]) for each in outputs), overwritten)


def _trial_images(network: nn.Module, shape: Shape) -> Tensor:
    parameter = next(network.parameters())  # the head has some
    images = torch.randn(2, *shape, generator=torch.Generator("cpu").manual_seed(0), device="cpu")
    return images.to(parameter.device, parameter.dtype)


@contextlib.contextmanager
def _untouched(network: nn.Module) -> Iterator[None]:
    """No gradients, and modes, buffers and generators put back at the end."""
    modes = {module: module.training for module in network.modules()}
    buffers = [
        (module, name, buffer, buffer.clone())
        for module in network.modules()
        for name, buffer in module.named_buffers(recurse=False)
    ]
    device = next(network.parameters()).device
    with torch.no_grad(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            for module, mode in modes.items():
                module.training = mode
            for module, name, buffer, before in buffers:
                setattr(module, name, buffer.copy_(before))  # a forward may have put another tensor in its place


@contextlib.contextmanager
def _refusing_what_fails(network: nn.Module, shape: Shape) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise ModelError(f"{type(network).__name__} cannot read images of shape {shape}: {error}") from error


def _compose(line: Line, images: Tensor) -> tuple[list[Tensor], tuple[bool, ...]]:
    """What each layer and the head give, and which layers' results were overwritten on the way."""
    h: object = images
    outputs: list[Tensor] = []
    versions: list[int] = []
    for steps in (*line.layers, line.head):
        for _, module in steps:
            h = module(h)
        if not isinstance(h, Tensor) or h.ndim < 2:
            name, module = steps[-1]
            raise ModelError(f"{title(name, module)} gives {_kind(h)}, not one tensor with a batch axis. {ADVICE}")
        outputs.append(h)
        versions.append(h._version)  # noqa: SLF001 - torch's only count of the in-place writes to a tensor
    now = [each._version for each in outputs]  # noqa: SLF001 - as above
    return outputs, tuple(before != after for before, after in zip(versions[:-1], now[:-1], strict=True))


def _kind(value: object) -> str:
    return f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else f"a {type(value).__name__}"
