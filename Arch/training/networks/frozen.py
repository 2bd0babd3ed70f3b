"""A frozen form of a trained network, for inference: no gradients, no updates of parameters or statistics."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor

from Arch.datasets.normalization import Renormalizer
from Arch.faults import is_out_of_memory
from Arch.models.copying import copied, isolated_output
from Arch.models.folding import fold_batch_norm, foldable
from Arch.models.graph.values import example_inputs, first_sentence
from Arch.models.imodel import IModel
from Arch.tensors import Trace
from Arch.training.engine import Engine

_EXAMPLES = 32  # random ones, where no images are given
_TENSORFLOAT32_EPSILON = 2.0**-10
T = TypeVar("T")


class FrozenNetwork:
    """A network in evaluation mode, its batch normalisation folded into its convolutions, cast once.

    What is folded and what is cast is compared with the network as it is, once, on given images. Where logits differ or
    cannot be computed, that step is left out.

    Invariant: its parameters never change and no gradient reaches them.

    Attributes:
        notes: why it is not folded or not cast, for the log of a run.
    """

    def __init__(
        self, network: IModel, engine: Engine, images: Tensor | None = None, renormalizer: Renormalizer | None = None
    ) -> None:
        """Takes over a trained network: where no other form of it is equal, it is placed and used itself.

        Args:
            network: on the CPU; its parameters keep their values.
            engine: the device and how it computes.
            images: normalised images `(B, C, H, W)` to compare logits on; random ones if there are none.
            renormalizer: converts the images that `trace` is given to the network's own normalisation, on the device.
        """
        self.notes: tuple[str, ...] = ()
        self._engine, self._renormalizer = engine, renormalizer
        network = network.eval().requires_grad_(requires_grad=False)
        norms = foldable(network)
        folded = _attempt(lambda: fold_batch_norm(network)) if norms else None
        self._network = engine.place(network)
        examples = example_inputs(network, _EXAMPLES, network.shape) if images is None else images.to(engine.device)
        given = self._shown(examples)
        own = isolated_output(network.network, network.network, given).float()
        if folded is not None:
            self._adopt("folded", folded, given, own)
        self._folded, self._dtype = norms - foldable(self._network), torch.float32
        if engine.dtype != self._dtype:
            before = self._network
            cast = _attempt(lambda: copied(before).to(dtype=engine.dtype))
            self._adopt(f"cast to {_name(engine.dtype)}", cast, given.to(engine.dtype), own)
            self._dtype = self._dtype if self._network is before else engine.dtype

    def trace(self, images: Tensor) -> Trace:
        """Returns logits, in float32, and features of normalised images `(B, C, H, W)`."""
        is_cast = self._dtype == self._engine.dtype
        with torch.no_grad(), nullcontext() if is_cast else self._engine.autocast():
            traced = self._network.trace(self._shown(images).to(self._dtype))
        return Trace(traced.logits.float(), traced.features)

    def record(self) -> dict[str, Any]:
        """Returns what a run records of it; plain JSON values."""
        return {"folded_norms": self._folded, "dtype": _name(self._dtype), "notes": list(self.notes)}

    def _shown(self, images: Tensor) -> Tensor:
        return self._renormalizer(images) if self._renormalizer else images

    def _adopt(self, form: str, derived: IModel | str, images: Tensor, own: Tensor) -> None:
        """Uses a derived network from now on if its logits are those of the original; otherwise adds a note.

        Args:
            form: the word for it in the note.
            derived: the network, or why there is none.
            images: what to compare on, of the dtype that the derived network reads.
            own: the logits of the original.
        """
        if isinstance(derived, IModel):
            placed = self._engine.place(derived.requires_grad_(requires_grad=False))
            found = _attempt(lambda: isolated_output(placed.network, lambda x: placed.trace(x).logits, images).float())
            problem = found if isinstance(found, str) else _difference(own, found, self._tolerance(images.dtype))
        else:
            placed, problem = self._network, derived
        if problem:
            self.notes += (f"the frozen {placed.name} is not {form}, but used as it is: {problem}",)
        else:
            self._network = placed

    def _tolerance(self, dtype: torch.dtype) -> float:
        """Returns the largest relative difference that rounding explains: half of the digits of the arithmetic."""
        is_rounded = self._engine.precision == "tensorfloat32" and dtype == torch.float32
        return math.sqrt(_TENSORFLOAT32_EPSILON if is_rounded else torch.finfo(dtype).eps)


def _attempt(make: Callable[[], T]) -> T | str:
    """Returns what a function makes, or its error in a sentence; raises an error of memory."""
    try:
        return make()
    except Exception as error:  # a foreign network may raise anything
        if is_out_of_memory(error):
            raise
        return f"{type(error).__name__}: {first_sentence(error)}"


def _difference(own: Tensor, found: Tensor, tolerance: float) -> str:
    """Returns how logits differ by more than the tolerance allows, relative to the largest; empty if they do not."""
    finite = own.isfinite()
    if own.shape != found.shape or not torch.equal(finite, found.isfinite()):
        return "its logits are of another shape, or not finite"
    if not finite.any():
        return ""
    largest, apart = own[finite].abs().max().item(), (own - found)[finite].abs().max().item()
    return (
        "" if apart <= tolerance * largest else f"its logits differ by up to {apart:.3g}, the largest is {largest:.3g}"
    )


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
