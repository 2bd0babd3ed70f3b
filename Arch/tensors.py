"""Tensors that flow between data, networks, losses and trainers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """One step's examples, normalised and on the device.

    Attributes:
        images: `(B, C, H, W)` as the student sees them.
        teacher_images: the same examples as the teacher sees them (the same tensor unless `AugmentTeacher` is off).
        labels: `(B,)` int64.
        samples: `(B,)` int64, each example's index in the training split.
        views: `(B,)` int64, which of its countable views each sample shows in `images`, or None if further random
            augmentation leaves them uncountable.
        partners: `(B,)` int64, the row of this batch that each example is mixed with, or None if nothing is mixed.
        shares: `(B,)` float32 in [0, 1], how much of the mixed image and of its label is the example's own, or None.
    """

    images: Tensor
    teacher_images: Tensor
    labels: Tensor
    samples: Tensor
    views: Tensor | None = None
    partners: Tensor | None = None
    shares: Tensor | None = None

    @property
    def partner_labels(self) -> Tensor | None:
        """The labels `(B,)` of what the examples are mixed with, or None if nothing is mixed."""
        return None if self.partners is None else self.labels[self.partners]

    @property
    def larger_labels(self) -> Tensor:
        """The labels `(B,)` that have the larger share in the examples; at equal shares the examples' own."""
        partners = self.partner_labels
        if partners is None or self.shares is None:
            return self.labels
        return self.labels.where(self.shares >= 0.5, partners)


@dataclass(frozen=True)
class Trace:
    """The outputs of a network for a batch.

    Attributes:
        logits: `(B, K)`.
        features: outputs of the requested generalized layers, in the requested order.
    """

    logits: Tensor
    features: tuple[Tensor, ...] = ()
