"""The batches of an epoch: in which order samples come, and in which view."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from Arch.datasets.augmentation.pipeline import Augmentation
from Arch.datasets.augmentation.sample_random import SampleRandom
from Arch.datasets.data import Split
from Arch.datasets.normalization import Normalizer
from Arch.datasets.streaming import images_of
from Arch.tensors import Batch
from Arch.training.streams import Streams


@dataclass(frozen=True)
class Batches:
    """The training samples as batches, the same ones for the same streams on every device.

    Attributes:
        split: the samples, on the device or, where they do not fit, beside it.
        normalizer: from bytes to a network's input; it is on the device.
        batch_size: samples a step.
        streams: where order and views come from.
        augmentation: or None for the images as they are.
        augments_teacher: whether the teacher sees what the student sees rather than the image as it is.
        is_streamed: whether the images are read ahead in the background; the batches are the same.
        batches_at_once: how many are made together; they are the same too.
    """

    split: Split
    normalizer: Normalizer
    batch_size: int
    streams: Streams
    augmentation: Augmentation | None = None
    augments_teacher: bool = True
    is_streamed: bool = False
    batches_at_once: int = 1

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
        # a group begins where it would without a start, so that a batch lies in memory as it would, to the byte
        passed = start % self.batches_at_once
        return itertools.islice(self._from_group(number, start - passed), passed, None)

    def _from_group(self, number: int, first: int) -> Iterator[Batch]:
        """The batches from number `first` on, which begins a group of those made at once."""
        order = self._order(number).to(self.split.pixels.device)
        sizes, step = batch_sizes(len(order), self.batch_size), self.batches_at_once
        groups = [sizes[place : place + step] for place in range(first, len(sizes), step)]
        groups_rows = torch.split(order[sum(sizes[:first]) :], [sum(group) for group in groups])
        images = images_of(self.split, groups_rows, self.normalizer.scale.device, is_streamed=self.is_streamed)
        for group, chosen, pixels in zip(groups, groups_rows, images, strict=True):
            yield from split(self._made(chosen, pixels, number, group), group)

    def _order(self, number: int) -> Tensor:
        """A permutation of the samples, drawn on the CPU so that every device sees the same."""
        seed = Streams(self.streams.order, number).of("epoch")
        return torch.randperm(len(self.split), generator=torch.Generator().manual_seed(seed))

    def _made(self, chosen: Tensor, pixels: Tensor, epoch: int, sizes: Sequence[int]) -> Batch:
        """Batches of `sizes`, as one."""
        parts = (self.split.labels[chosen], self.split.sample_ids[chosen])
        labels, samples = (each.to(pixels.device, non_blocking=True) for each in parts)
        if self.augmentation is None:
            images = self.normalizer(pixels)
            return Batch(images, images, labels, samples, torch.zeros_like(samples))
        random = SampleRandom(samples, self.streams.augmentation, epoch)
        shown = self.augmentation(pixels, random, self.normalizer, sizes)
        for_teacher = shown.images if self.augments_teacher else self.normalizer(pixels)
        return Batch(shown.images, for_teacher, labels, samples, shown.views, shown.partners, shown.shares)


def split(whole: Batch, sizes: Sequence[int]) -> Iterator[Batch]:
    """The batches of `sizes` that were made as one; the partners of each are rows of itself."""
    if len(sizes) == 1:
        yield whole
        return

    def pieces(column: Tensor) -> Sequence[Tensor]:
        return torch.split(column, list(sizes))

    images = pieces(whole.images)
    taught = images if whole.teacher_images is whole.images else pieces(whole.teacher_images)
    labels, samples = pieces(whole.labels), pieces(whole.samples)
    absent = [None] * len(sizes)
    views, partners, shares = (
        absent if each is None else pieces(each) for each in (whole.views, whole.partners, whole.shares)
    )
    for parts in zip(images, taught, labels, samples, views, partners, shares, strict=True):
        yield Batch(*parts)


def batch_sizes(samples: int, batch_size: int) -> list[int]:
    """Full batches and one short one for the rest; a rest of one joins the batch before it.

    Batch normalisation cannot take a single sample: on maps of one pixel it has no variance.
    """
    full, rest = divmod(samples, batch_size)
    if rest == 1 and full:
        return [batch_size] * (full - 1) + [batch_size + 1]
    return [batch_size] * full + ([rest] if rest else [])
