"""Checks that the numbers of weights are finite."""

from __future__ import annotations

import torch
from torch import Tensor

from Arch.errors import NonFiniteWeightsError
from Arch.models.weights.files import State

_MOST = 5  # names in a message


def require_finite(state: State, source: str) -> None:
    """Checks that no tensor of a state dict contains NaN or an infinity.

    Args:
        state: the weights.
        source: how messages name the weights.

    Raises:
        NonFiniteWeightsError: a tensor does; the message lists the first ones.
    """
    counts = {name: _not_finite(each) for name, each in state.items() if each.is_floating_point() and each.numel()}
    wrong = [f"{name} ({count} of {state[name].numel()})" for name, count in counts.items() if count]
    if wrong:
        more = f" and {len(wrong) - _MOST} more tensors" if len(wrong) > _MOST else ""
        raise NonFiniteWeightsError(
            f"the weights {source} have numbers that are not finite (NaN or infinite) in {', '.join(wrong[:_MOST])}"
            f"{more}. Their training diverged, or the file was damaged before it came here: use other weights."
        )


def _not_finite(tensor: Tensor) -> int:
    return int(tensor.numel() - torch.isfinite(tensor).sum())
