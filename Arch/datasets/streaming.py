"""Streams images that do not fit into memory: a thread reads ahead, many batches at once, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from Arch.datasets.data import Split

WINDOW_BYTES = 1 << 28  # read at once; two such windows are in memory


def images_of(split: Split, batches: Sequence[Tensor], device: torch.device, *, is_streamed: bool) -> Iterator[Tensor]:
    """Yields the images `(B, C, H, W)` of batches on a device, one batch after the other.

    Args:
        split: the split to read from.
        batches: for each batch the indices of its samples in the split, int64 `(B,)` on the device of its pixels.
        device: the device to copy the images to.
        is_streamed: whether a thread reads ahead; the images are the same.
    """
    is_pinned = device.type == "cuda"
    images = streamed(split, batches, is_pinned=is_pinned) if is_streamed else map(split.take, batches)
    return (each.to(device, non_blocking=True) for each in images)


def streamed(
    split: Split, batches: Sequence[Tensor], *, window_bytes: int = WINDOW_BYTES, is_pinned: bool = False
) -> Iterator[Tensor]:
    """Yields the images of batches, one after the other, while a thread reads the next ones.

    The batches of a window are read together in ascending order of the file, so that the disk reads long ranges and
    each page once; then they are sorted in memory into the order of the batches. The images and their order are the
    same as without streaming.

    Args:
        split: the split to read from, memory-mapped.
        batches: for each batch the indices of its samples in the split, int64 `(B,)` on the CPU.
        window_bytes: approximate bytes read at once; a window has at least one batch.
        is_pinned: whether the images are put into page-locked memory, from which a copy to a GPU is asynchronous.

    Yields:
        `(B, C, H, W)` of the type of the split's pixels, in channels_last on the CPU.
    """
    windows = _windows(batches, window_bytes // (split.pixels[:1].nbytes or 1))
    reader = ThreadPoolExecutor(1, thread_name_prefix="streaming")
    try:
        futures = [reader.submit(_read, split, window, is_pinned) for window in windows[:1]]
        for number in range(len(windows)):
            images = futures.pop().result()
            if number + 1 < len(windows):
                futures.append(reader.submit(_read, split, windows[number + 1], is_pinned))
            while images:
                yield images.pop(0)
    finally:
        reader.shutdown(cancel_futures=True)


def _windows(batches: Sequence[Tensor], samples: int) -> list[list[Tensor]]:
    """Groups the batches into windows of at most `samples` samples, or of a single batch."""
    windows: list[list[Tensor]] = []
    room = 0
    for batch in batches:
        room -= len(batch)
        if room < 0 or not windows:
            windows.append([])
            room = samples - len(batch)
        windows[-1].append(batch)
    return windows


def _read(split: Split, window: Sequence[Tensor], is_pinned: bool) -> list[Tensor]:  # noqa: FBT001 - submitted by position
    chosen, positions = torch.cat(list(window)).sort()
    images = split.take(chosen).permute(0, 2, 3, 1)
    order = torch.empty_like(positions)
    order[positions] = torch.arange(len(positions))
    found = []
    for rows in torch.split(order, [len(batch) for batch in window]):
        batch = torch.empty((len(rows), *images.shape[1:]), dtype=images.dtype, pin_memory=is_pinned)
        found.append(torch.index_select(images, 0, rows, out=batch).permute(0, 3, 1, 2))
    return found
