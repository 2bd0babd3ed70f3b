"""Copies networks, and checks that a copy computes by itself: hooks and closures may refer to the original."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from Arch.errors import ModelError
from Arch.faults import is_out_of_memory
from Arch.models.graph.values import example_inputs, first_sentence
from Arch.models.imodel import IModel
from Arch.models.isolation import attributes_restored, isolated

M = TypeVar("M", bound=nn.Module)
_BATCH = 2
_ADVICE = (
    "A hook or a forward that refers to the network by a closure or a global name still refers to the original: let it "
    "use the module that it is given, or make it a method of the module."
)


def copied(network: M) -> M:
    """Returns a deep copy of a network, hooks included.

    A tensor that a hook has computed and stored (`torch.nn.utils.weight_norm` and pruning do) is copied by value.

    Raises:
        ModelError: a part of the network cannot be copied.
    """
    stored = (value for module in network.modules() for value in vars(module).values() if isinstance(value, Tensor))
    known = {id(value): value.detach().clone() for value in stored if not value.is_leaf}
    try:
        return copy.deepcopy(network, known)
    except Exception as error:  # the copying code of a foreign module may raise anything
        raise ModelError(f"{type(network).__name__} cannot be copied: {first_sentence(error)}") from error


def isolated_output(network: nn.Module, forward: Callable[[Tensor], Tensor], examples: Tensor) -> Tensor:
    """Returns what a forward of a network gives in evaluation mode, as a tensor of its own, without gradients.

    The network's state and the random generators, which start from seed 0, are restored.

    Args:
        network: the network whose state the forward may change.
        forward: the network itself, or another function that runs it.
        examples: on the network's device.
    """
    with isolated(network), attributes_restored(network), torch.no_grad():
        network.eval()
        return forward(examples.clone()).detach().clone()  # a forward may write into its input


def require_independent(duplicate: IModel, original: IModel) -> None:
    """Checks that a copy computes what the original computes, and without the original's weights.

    Both are run in evaluation mode on random examples, and their states are restored. Nothing is checked of a network
    whose results vary between calls.

    Raises:
        ModelError: the copy's results differ, or depend on the weights of the original.
    """
    own = _logits(original)
    if own is None or not _same(own, _logits(original)):
        return
    if not _same(own, _logits(duplicate)):
        raise ModelError(f"{original.name} cannot be copied: the copy gives other logits. {_ADVICE}")
    with isolated(original.network), torch.no_grad():
        for tensor in (*original.network.parameters(), *original.network.buffers()):
            if tensor.is_floating_point():
                tensor.data.fill_(torch.nan)
        alone = _logits(duplicate)
    if not _same(own, alone):
        raise ModelError(f"{original.name} cannot be copied: the copy computes with the original's weights. {_ADVICE}")


def _logits(model: IModel) -> Tensor | None:
    """Returns the logits of random examples; None if the network fails."""
    try:
        return isolated_output(model.network, model.network, example_inputs(model.network, _BATCH, model.shape))
    except Exception as error:  # a foreign forward may raise anything
        if is_out_of_memory(error):
            raise
        return None


def _same(one: Tensor, other: Tensor | None) -> bool:
    if other is None or one.shape != other.shape:
        return False
    return torch.allclose(one, other, rtol=0, atol=0, equal_nan=True)
