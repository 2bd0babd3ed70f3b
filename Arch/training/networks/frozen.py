"""A frozen copy of a trained network, for inference: no gradients, no updates of parameters or statistics."""

from __future__ import annotations

import torch
from torch import Tensor

from Arch.models.folding import fold_batch_norm
from Arch.models.imodel import IModel
from Arch.tensors import Trace
from Arch.training.engine import Engine


class FrozenNetwork:
    """A copy of a network in evaluation mode, its batch normalisation folded into its convolutions, cast once.

    Invariant: its parameters never change and no gradient reaches them.
    """

    def __init__(self, network: IModel, engine: Engine) -> None:
        """Copies a trained network for the engine; the original stays unchanged."""
        folded = fold_batch_norm(network).requires_grad_(requires_grad=False)
        self._network = engine.place(folded.to(dtype=engine.dtype))
        self._dtype = engine.dtype

    def trace(self, images: Tensor) -> Trace:
        """Returns logits, in float32, and features of normalised images `(B, C, H, W)`."""
        with torch.no_grad():
            traced = self._network.trace(images.to(self._dtype))
        return Trace(traced.logits.float(), traced.features)
