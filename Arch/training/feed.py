"""The batches of an epoch: in which order samples come, and in which view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.draws import Draws
from Arch.datasets.loading import Split
from Arch.datasets.normalization import Normalizer
from Arch.datasets.streaming import images_of
from Arch.training.augmentation import Augmentation
from Arch.training.streams import Streams
from Arch.types import Batch


@dataclass(frozen=True)
class Feed:
    """The training samples as batches, the same ones for the same streams on every device.

    Attributes:
        split: the samples, on the device or, where they do not fit, beside it.
        normalizer: from bytes to a network's input; it is on the device.
        batch_size: samples a step.
        streams: where order and views come from.
        augmentation: or None for the images as they are.
        augments_teacher: whether the teacher sees what the student sees rather than the image as it is.
        is_streamed: whether the images are read ahead in the background; the batches are the same.
    """

    split: Split
    normalizer: Normalizer
    batch_size: int
    streams: Streams
    augmentation: Augmentation | None = None
    augments_teacher: bool = True
    is_streamed: bool = False

    @property
    def view_count(self) -> int | None:
        """How many views of an image there are, of which `Batch.views` are the numbers; None where uncountable."""
        return self.augmentation.view_count if self.augmentation else 1

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return len(batch_sizes(len(self.split), self.batch_size))

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of the one-based epoch `number`, every sample once; the first `start` of them are passed over."""
        order = self._order(number).to(self.split.pixels.device)
        batches = torch.split(order, batch_sizes(len(order), self.batch_size))[start:]
        images = images_of(self.split, batches, self.normalizer.scale.device, is_streamed=self.is_streamed)
        for chosen, pixels in zip(batches, images, strict=True):
            yield self._batch(chosen, pixels, number)

    def _order(self, number: int) -> Tensor:
        """A permutation of the samples, drawn on the CPU so that every device sees the same."""
        seed = Streams(self.streams.order, number).of("epoch")
        return torch.randperm(len(self.split), generator=torch.Generator().manual_seed(seed))

    def _batch(self, chosen: Tensor, pixels: Tensor, epoch: int) -> Batch:
        parts = (self.split.labels[chosen], self.split.sample_ids[chosen])
        labels, samples = (each.to(pixels.device, non_blocking=True) for each in parts)
        if self.augmentation is None:
            images = self.normalizer(pixels)
            return Batch(images, images, labels, samples, torch.zeros_like(samples))
        draws = Draws(samples, self.streams.augmentation, epoch)
        shown = self.augmentation(pixels, draws, self.normalizer)
        for_teacher = shown.images if self.augments_teacher else self.normalizer(pixels)
        return Batch(shown.images, for_teacher, labels, samples, shown.views, shown.partners, shown.shares)


def batch_sizes(samples: int, batch_size: int) -> list[int]:
    """Full batches and one short one for the rest; a rest of one joins the batch before it.

    Batch normalisation cannot take a single sample: on maps of one pixel it has no variance.
    """
    full, rest = divmod(samples, batch_size)
    if rest == 1 and full:
        return [batch_size] * (full - 1) + [batch_size + 1]
    return [batch_size] * full + ([rest] if rest else [])
