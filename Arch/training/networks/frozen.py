"""A frozen copy of a trained network, for inference: no gradients, no updates of parameters or statistics."""

from __future__ import annotations

import torch
from torch import Tensor

from Arch.datasets.normalization import Renormalizer
from Arch.models.folding import fold_batch_norm
from Arch.models.imodel import IModel
from Arch.tensors import Trace
from Arch.training.engine import Engine


class FrozenNetwork:
    """A copy of a network in evaluation mode, its batch normalisation folded into its convolutions, cast once.

    Invariant: its parameters never change and no gradient reaches them.
    """

    def __init__(self, network: IModel, engine: Engine, renormalizer: Renormalizer | None = None) -> None:
        """Copies a trained network for the engine; the original stays unchanged.

        Args:
            network: the trained network.
            engine: where and how it computes.
            renormalizer: converts the images that `trace` is given to the network's own normalisation, on the device.
        """
        folded = fold_batch_norm(network).requires_grad_(requires_grad=False)
        self._network = engine.place(folded.to(dtype=engine.dtype))
        self._dtype, self._renormalizer = engine.dtype, renormalizer

    def trace(self, images: Tensor) -> Trace:
        """Returns logits, in float32, and features of normalised images `(B, C, H, W)`."""
        with torch.no_grad():
            shown = self._renormalizer(images) if self._renormalizer else images
            traced = self._network.trace(shown.to(self._dtype))
        return Trace(traced.logits.float(), traced.features)
