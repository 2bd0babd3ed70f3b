"""The batches of an epoch: in which order samples come, and in which view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.augmentation import take, views
from Arch.datasets.loading import Split
from Arch.datasets.normalization import Normalizer
from Arch.training.streams import Streams
from Arch.types import Batch


@dataclass(frozen=True)
class Augmentation:
    """Per-sample pad-crop by `crop_padding` pixels and, where `horizontal_flip`, a mirror image half of the time."""

    crop_padding: int
    horizontal_flip: bool


@dataclass(frozen=True)
class Feed:
    """The training samples as batches, the same ones for the same streams on every device.

    Attributes:
        split: the samples, on the device or, where they do not fit, beside it.
        normalizer: from bytes to a network's input; it is on the device.
        batch_size: samples a step.
        streams: where order and views come from.
        augmentation: or None for the images as they are.
        augments_teacher: whether the teacher sees the student's view rather than the image as it is.
    """

    split: Split
    normalizer: Normalizer
    batch_size: int
    streams: Streams
    augmentation: Augmentation | None = None
    augments_teacher: bool = True

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return len(batch_sizes(len(self.split), self.batch_size))

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """The batches of the one-based epoch `number`, every sample once; the first `start` of them are passed over."""
        order = self._order(number).to(self.split.pixels.device)
        for chosen in torch.split(order, batch_sizes(len(order), self.batch_size))[start:]:
            yield self._batch(chosen, number)

    def _order(self, number: int) -> Tensor:
        """A permutation of the samples, drawn on the CPU so that every device sees the same."""
        seed = Streams(self.streams.order, number).of("epoch")
        return torch.randperm(len(self.split), generator=torch.Generator().manual_seed(seed))

    def _batch(self, chosen: Tensor, epoch: int) -> Batch:
        device = self.normalizer.scale.device
        pixels = take(self.split.pixels, chosen).to(device, non_blocking=True)
        labels = self.split.labels[chosen].to(device, non_blocking=True)
        samples = self.split.sample_ids[chosen].to(device, non_blocking=True)
        images = self.normalizer(self._viewed(pixels, samples, epoch))
        shares_view = self.augmentation is None or self.augments_teacher
        return Batch(images, images if shares_view else self.normalizer(pixels), labels, samples)

    def _viewed(self, pixels: Tensor, samples: Tensor, epoch: int) -> Tensor:
        if self.augmentation is None:
            return pixels
        padding, flip = self.augmentation.crop_padding, self.augmentation.horizontal_flip
        return views(pixels, samples, seed=self.streams.augmentation, epoch=epoch, padding=padding, flip=flip)


def batch_sizes(samples: int, batch_size: int) -> list[int]:
    """Full batches and one short one for the rest; a rest of one joins the batch before it.

    Batch normalisation cannot take a single sample: on maps of one pixel it has no variance.
    """
    full, rest = divmod(samples, batch_size)
    if rest == 1 and full:
        return [batch_size] * (full - 1) + [batch_size + 1]
    return [batch_size] * full + ([rest] if rest else [])
