"""Streamed images. Oracle: indexing the same rows."""

import threading
from dataclasses import replace

import pytest
import torch

from Arch.datasets import loading
from Arch.datasets.data import Split
from Arch.datasets.loading import load
from Arch.datasets.sources.synthetic import Synthetic
from Arch.datasets.streaming import images_of, streamed

BYTES = 3 * 5 * 4  # of an image


def split_of(pixels):
    rows = pixels.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
    return Split(rows, torch.arange(len(pixels)) % 3, torch.arange(len(pixels)))


@pytest.fixture
def split():
    return split_of(torch.randint(0, 256, (50, 3, 5, 4), generator=torch.Generator().manual_seed(0)).byte())


@pytest.fixture
def batches():
    return torch.split(torch.randperm(50, generator=torch.Generator().manual_seed(1)), 8)


@pytest.mark.parametrize("window", [1, 8 * BYTES, 20 * BYTES, 1000 * BYTES])
def test_streamed_batches_equal_indexed_ones(split, batches, window):
    found = list(streamed(split, batches, window_bytes=window))
    assert [len(each) for each in found] == [8, 8, 8, 8, 8, 8, 2]
    assert all(torch.equal(each, split.pixels[rows]) for each, rows in zip(found, batches, strict=True))
    assert all(each.is_contiguous(memory_format=torch.channels_last) for each in found)


def test_vectors_are_streamed_too(batches):
    split = split_of(torch.randn(50, 7, 1, 1))
    found = torch.cat(list(streamed(split, batches, window_bytes=500)))
    assert torch.equal(found, split.pixels[torch.cat(batches)])


@pytest.mark.parametrize(("window", "reads"), [(8 * BYTES, 7), (24 * BYTES, 3), (1000 * BYTES, 1)])
def test_a_window_is_read_once_and_in_the_order_of_the_file(split, batches, window, reads):
    class Watched(Split):
        def take(self, chosen):
            asked.append(chosen.tolist())
            return super().take(chosen)

    asked = []
    list(streamed(Watched(split.pixels, split.labels, split.sample_ids), batches, window_bytes=window))
    assert len(asked) == reads
    assert all(each == sorted(each) for each in asked)


def test_the_next_window_is_read_while_the_first_one_is_used(split, batches):
    class Watched(Split):
        def take(self, chosen):
            if 20 in chosen and started.is_set():
                is_read.set()
            started.set()
            return super().take(chosen)

    started, is_read = threading.Event(), threading.Event()
    ordered = torch.split(torch.arange(50), 20)
    stream = streamed(Watched(split.pixels, split.labels, split.sample_ids), ordered, window_bytes=1)
    next(stream)
    assert is_read.wait(timeout=10)
    stream.close()


def test_no_batches_give_no_images(split):
    assert list(streamed(split, ())) == []


def test_closing_the_stream_early_ends_its_thread(split, batches):
    stream = streamed(split, batches, window_bytes=1)
    next(stream)
    assert any(each.name.startswith("streaming") for each in threading.enumerate())
    stream.close()
    assert not any(each.name.startswith("streaming") for each in threading.enumerate())


def test_an_error_of_the_reading_thread_is_raised_in_the_consumer(split, batches):
    with pytest.raises(IndexError):
        list(streamed(replace(split, pixels=split.pixels[:10]), batches))


def test_samples_chosen_from_large_data_are_not_copied(monkeypatch):
    small = load(Synthetic(classes=4, size=4, channels=3, samples=65), None, validation=0.25)
    monkeypatch.setattr(loading, "fits_memory", lambda size: False)
    large = load(Synthetic(classes=4, size=4, channels=3, samples=65), None, validation=0.25)
    for ours, theirs in ((small.train, large.train), (small.validation, large.validation)):
        assert len(theirs.pixels) == 65
        assert torch.equal(theirs.take(torch.arange(len(theirs))), ours.pixels)
        assert torch.equal(theirs.labels, ours.labels)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_images_for_a_gpu_are_in_page_locked_memory(split, batches):
    assert all(each.is_pinned() for each in streamed(split, batches, is_pinned=True))
    found = torch.cat(list(images_of(split, batches, torch.device("cuda"), is_streamed=True)))
    assert torch.equal(found.cpu(), split.pixels[torch.cat(batches)])
