"""Makes the batches of an epoch: the order of the samples and the view of each."""

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
        split: the samples; on the device, or in host memory where they do not fit.
        normalizer: from pixels to the network's input; it is on the device.
        batch_size: samples per step.
        streams: the random streams of order and views.
        augmentation: None leaves the images unchanged.
        augments_teacher: whether the teacher gets the student's view rather than the unchanged image.
        is_streamed: whether the images are read ahead in the background; the batches are the same.
        batches_at_once: how many batches are prepared in one piece; the batches are the same.
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
        """The number of views of an image, which `Batch.views` count; None if they cannot be counted."""
        return self.augmentation.view_count if self.augmentation else 1

    @property
    def steps(self) -> int:
        """The number of batches of an epoch."""
        return len(batch_sizes(len(self.split), self.batch_size))

    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Yields the batches of the one-based epoch `number`, every sample once; the first `start` are skipped."""
        # the groups are those of the whole epoch: another memory layout of a batch may change the last bits of a step
        skipped = start % self.batches_at_once
        return itertools.islice(self._from_group(number, start - skipped), skipped, None)

    def _from_group(self, number: int, first: int) -> Iterator[Batch]:
        """Yields the batches from number `first` on, which is the first of a group that is prepared in one piece."""
        order = self._order(number).to(self.split.pixels.device)
        sizes, step = batch_sizes(len(order), self.batch_size), self.batches_at_once
        groups = [sizes[begin : begin + step] for begin in range(first, len(sizes), step)]
        groups_rows = torch.split(order[sum(sizes[:first]) :], [sum(group) for group in groups])
        images = images_of(self.split, groups_rows, self.normalizer.scale.device, is_streamed=self.is_streamed)
        for group, chosen, pixels in zip(groups, groups_rows, images, strict=True):
            yield from split(self._prepared(chosen, pixels, number, group), group)

    def _order(self, number: int) -> Tensor:
        """Returns a permutation of the samples, drawn on the CPU so that it is the same for every device."""
        seed = Streams(self.streams.order, number).of("epoch")
        return torch.randperm(len(self.split), generator=torch.Generator().manual_seed(seed))

    def _prepared(self, chosen: Tensor, pixels: Tensor, epoch: int, sizes: Sequence[int]) -> Batch:
        """Prepares batches of `sizes` as one batch."""
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
    """Splits a batch that was prepared as one into batches of `sizes`; partners are rows of their own batch."""
    if len(sizes) == 1:
        yield whole
        return

    def pieces(column: Tensor) -> Sequence[Tensor]:
        return torch.split(column, list(sizes))

    images = pieces(whole.images)
    teacher_images = images if whole.teacher_images is whole.images else pieces(whole.teacher_images)
    labels, samples = pieces(whole.labels), pieces(whole.samples)
    absent = [None] * len(sizes)
    views, partners, shares = (
        absent if each is None else pieces(each) for each in (whole.views, whole.partners, whole.shares)
    )
    for parts in zip(images, teacher_images, labels, samples, views, partners, shares, strict=True):
        yield Batch(*parts)


def batch_sizes(samples: int, batch_size: int) -> list[int]:
    """Returns the sizes of full batches and of a short last one; a single left-over sample joins the last full batch.

    Batch normalisation cannot train on a single sample: maps of one pixel have no variance.
    """
    full, rest = divmod(samples, batch_size)
    if rest == 1 and full:
        return [batch_size] * (full - 1) + [batch_size + 1]
    return [batch_size] * full + ([rest] if rest else [])
