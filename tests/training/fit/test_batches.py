"""Oracles: counting, and the views and normalisation of `Arch.datasets` applied by hand."""

from dataclasses import fields, replace

import pytest
import torch

from Arch.datasets.augmentation.mixing import Mixing
from Arch.datasets.augmentation.pipeline import Augmentation
from Arch.datasets.augmentation.sample_random import SampleRandom
from Arch.datasets.augmentation.views import apply_views, view_numbers
from Arch.datasets.normalization import Normalizer
from Arch.tensors import Batch
from Arch.training.fit.batches import Batches, batch_sizes
from Arch.training.streams import Streams


@pytest.fixture
def batches(data):
    def make(run=0, augmentation=None, augments_teacher=True):
        normalizer = Normalizer.of(data.normalization, data.shape)
        return Batches(data.train, normalizer, 16, Streams(0, run), augmentation, augments_teacher)

    return make


@pytest.mark.parametrize(
    ("samples", "sizes"),
    [(64, [16] * 4), (66, [16, 16, 16, 16, 2]), (65, [16, 16, 16, 17]), (7, [7]), (1, [1]), (16, [16]), (17, [17])],
)
def test_a_short_batch_is_kept_and_a_single_sample_joins_the_previous_batch(samples, sizes):
    assert batch_sizes(samples, 16) == sizes


def test_an_epoch_has_every_sample_once(batches):
    seen = torch.cat([batch.samples for batch in batches().epoch(1)])
    assert sorted(seen.tolist()) == list(range(65))


def test_images_labels_and_samples_belong_together(batches, data):
    batch = next(batches().epoch(1))
    expected = Normalizer.of(data.normalization, data.shape)(data.train.pixels[batch.samples])
    torch.testing.assert_close(batch.images, expected)
    assert batch.labels.tolist() == data.train.labels[batch.samples].tolist()


def test_the_order_is_reproducible_and_differs_between_epochs_and_runs(batches):
    def order(run, epoch):
        return torch.cat([batch.samples for batch in batches(run).epoch(epoch)]).tolist()

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


def test_the_order_does_not_depend_on_other_random_numbers(batches):
    first = next(batches().epoch(1)).samples.tolist()
    torch.rand(100)
    assert next(batches(augmentation=Augmentation(1, horizontal_flip=True)).epoch(1)).samples.tolist() == first


@pytest.mark.parametrize("flip", [True, False])
def test_views_come_from_the_stream_of_the_run_and_the_epoch(batches, data, flip):
    batch = next(batches(augmentation=Augmentation(2, flip)).epoch(3))
    pixels = data.train.pixels[batch.samples]
    numbers = view_numbers(batch.samples, seed=Streams(0, 0).augmentation, epoch=3, padding=2, flip=flip)
    seen = apply_views(pixels, numbers, 2, flip=flip)
    torch.testing.assert_close(batch.images, Normalizer.of(data.normalization, data.shape)(seen))


def test_the_teacher_gets_the_view_of_the_student(batches):
    batch = next(batches(augmentation=Augmentation(1, horizontal_flip=True)).epoch(1))
    assert batch.teacher_images is batch.images


def test_the_teacher_can_get_the_unchanged_image(batches, data):
    batch = next(batches(augmentation=Augmentation(1, horizontal_flip=True), augments_teacher=False).epoch(1))
    expected = Normalizer.of(data.normalization, data.shape)(data.train.pixels[batch.samples])
    torch.testing.assert_close(batch.teacher_images, expected)
    assert not torch.equal(batch.teacher_images, batch.images)


@pytest.mark.parametrize("teacher_too", [True, False])
def test_mixed_images_come_with_their_partners_and_shares(batches, data, teacher_too):
    mixing = Mixing(0.4, 1.0, 1.0, 0.5)
    batch = next(batches(augmentation=Augmentation(0, False, mixing=mixing), augments_teacher=teacher_too).epoch(2))
    plain = Normalizer.of(data.normalization, data.shape)(data.train.pixels[batch.samples])
    images, partners, shares = mixing(plain, SampleRandom(batch.samples, Streams(0, 0).augmentation, 2))
    torch.testing.assert_close(batch.images, images)
    assert (batch.partners.tolist(), batch.shares.tolist()) == (partners.tolist(), shares.tolist())
    assert batch.partner_labels.tolist() == batch.labels.roll(-1).tolist()
    torch.testing.assert_close(batch.teacher_images, images if teacher_too else plain)


def test_a_batch_has_the_view_number_of_each_image(batches, data):
    augmented = batches(augmentation=Augmentation(2, horizontal_flip=True))
    batch = next(augmented.epoch(3))
    shown = apply_views(data.train.pixels[batch.samples], batch.views, padding=2)
    torch.testing.assert_close(batch.images, Normalizer.of(data.normalization, data.shape)(shown))
    assert augmented.view_count == 50


def test_without_augmentation_an_image_has_one_view(batches):
    assert batches().view_count == 1
    assert next(batches().epoch(1)).views.tolist() == [0] * 16


@pytest.mark.parametrize("start", [0, 1, 3, 4])
def test_an_epoch_resumed_in_the_middle_has_the_remaining_batches(batches, start):
    augmented = batches(augmentation=Augmentation(1, horizontal_flip=True))
    whole, rest = list(augmented.epoch(2)), list(augmented.epoch(2, start))
    assert len(rest) == 4 - start
    for expected, found in zip(whole[start:], rest, strict=True):
        assert torch.equal(found.images, expected.images)
        assert torch.equal(found.samples, expected.samples)


@pytest.mark.parametrize("start", [0, 2])
def test_a_streamed_epoch_has_the_same_batches(batches, start):
    resident = batches(augmentation=Augmentation(1, horizontal_flip=True))
    streamed = replace(resident, is_streamed=True)
    for ours, theirs in zip(resident.epoch(2, start), streamed.epoch(2, start), strict=True):
        assert torch.equal(ours.images, theirs.images)
        assert torch.equal(ours.labels, theirs.labels)
        assert torch.equal(ours.samples, theirs.samples)


@pytest.mark.parametrize("mixing", [None, Mixing(0.4, 1.0, 1.0, 0.5)])
@pytest.mark.parametrize(("start", "at_once"), [(0, 2), (1, 2), (0, 9), (3, 3)])
@pytest.mark.parametrize("teacher_too", [True, False])
def test_batches_prepared_in_one_piece_are_the_same(batches, start, at_once, mixing, teacher_too):
    alone = batches(augmentation=Augmentation(1, True, mixing=mixing), augments_teacher=teacher_too)
    together = replace(alone, batches_at_once=at_once)
    for ours, theirs in zip(alone.epoch(2, start), together.epoch(2, start), strict=True):
        for field in fields(Batch):
            one, other = getattr(ours, field.name), getattr(theirs, field.name)
            assert (one is None and other is None) or torch.equal(one, other)


def test_skipped_batches_are_not_computed(batches):
    class Counting:
        def __init__(self, normalizer):
            self.normalizer, self.scale, self.sizes = normalizer, normalizer.scale, []

        def __call__(self, pixels):
            self.sizes.append(len(pixels))
            return self.normalizer(pixels)

    counting = Counting(batches().normalizer)
    assert len(list(replace(batches(), normalizer=counting).epoch(1, 3))) == 1
    assert counting.sizes == [17]


@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_a_batch_of_a_resumed_epoch_has_the_same_memory_offset(batches, start):
    together = replace(batches(augmentation=Augmentation(1, horizontal_flip=True)), batches_at_once=2)
    offsets = [batch.images.storage_offset() for batch in together.epoch(1)]
    assert [batch.images.storage_offset() for batch in together.epoch(1, start)] == offsets[start:]
