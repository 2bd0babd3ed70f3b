"""Logit standardisation: compares the ranking of two networks' logits, not their scale."""

from __future__ import annotations

import torch
from torch import Tensor

from Arch.errors import ShapeError

EPSILON = 1e-7


def standardise(logits: Tensor) -> Tensor:
    """Scales each example's logits to mean 0 and standard deviation 1.

    Args:
        logits: `(B, K)`, K >= 2.

    Returns:
        `(B, K)`: (z - mean) / (std + 1e-7), moments over the K classes, `std` the sample deviation (n - 1).

    Raises:
        ShapeError: the logits are not `(B, K)` with at least two classes.

    Source: Sun et al., CVPR 2024 (arXiv 2403.01427), algorithm 1; epsilon and n - 1 as in the authors' code.
    """
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise ShapeError(f"logits to standardise must be (B, K) with K >= 2; they are {tuple(logits.shape)}.")
    deviation, mean = torch.std_mean(logits, dim=1, keepdim=True)
    return (logits - mean) / (deviation + EPSILON)
