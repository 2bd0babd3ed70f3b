"""Images that do not fit into memory: read ahead in the background, many batches at a time in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from Arch.datasets.loading import Split

WINDOW_BYTES = 1 << 28  # read at once; two such windows are in memory


def images_of(split: Split, batches: Sequence[Tensor], device: torch.device, *, is_streamed: bool) -> Iterator[Tensor]:
    """The images `(B, C, H, W)` of batches on a device, one batch after the other.

    Args:
        split: whose images.
        batches: for each batch which samples of the split, int64 `(B,)` where the split's pixels are.
        device: where the images are wanted.
        is_streamed: whether they are read ahead in the background; what comes is the same.
    """
    is_pinned = device.type == "cuda"
    images = streamed(split, batches, is_pinned=is_pinned) if is_streamed else map(split.take, batches)
    return (each.to(device, non_blocking=True) for each in images)


def streamed(
    split: Split, batches: Sequence[Tensor], *, window_bytes: int = WINDOW_BYTES, is_pinned: bool = False
) -> Iterator[Tensor]:
    """The images of batches, one after the other, while a thread reads what comes next.

    The batches of a window are read together, in ascending order of the file, so that a disk sees long stretches and
    each page once; only in memory are they put into the order of the batches. What comes, and in which order, is the
    same as without streaming.

    Args:
        split: whose images; mapped from a file.
        batches: for each batch which samples of the split, int64 `(B,)` on the CPU.
        window_bytes: about how much is read at once; a window has at least one batch.
        is_pinned: whether the images are put into page-locked memory, from where a GPU copies by itself.

    Yields:
        `(B, C, H, W)` in the type of the split's pixels, in channels_last on the CPU.
    """
    windows = _windows(batches, window_bytes // (split.pixels[:1].nbytes or 1))
    reader = ThreadPoolExecutor(1, thread_name_prefix="streaming")
    try:
        coming = [reader.submit(_read, split, window, is_pinned) for window in windows[:1]]
        for number in range(len(windows)):
            images = coming.pop().result()
            if number + 1 < len(windows):
                coming.append(reader.submit(_read, split, windows[number + 1], is_pinned))
            while images:
                yield images.pop(0)
    finally:
        reader.shutdown(cancel_futures=True)


def _windows(batches: Sequence[Tensor], samples: int) -> list[list[Tensor]]:
    """The batches in groups of at most so many samples, or of one batch."""
    windows: list[list[Tensor]] = []
    room = 0
    for batch in batches:
        room -= len(batch)
        if room < 0 or not windows:
            windows.append([])
            room = samples - len(batch)
        windows[-1].append(batch)
    return windows


def _read(split: Split, window: Sequence[Tensor], is_pinned: bool) -> list[Tensor]:  # noqa: FBT001 - of a future
    chosen, places = torch.cat(list(window)).sort()
    images = split.take(chosen).permute(0, 2, 3, 1)
    order = torch.empty_like(places)
    order[places] = torch.arange(len(places))
    found = []
    for rows in torch.split(order, [len(batch) for batch in window]):
        batch = torch.empty((len(rows), *images.shape[1:]), dtype=images.dtype, pin_memory=is_pinned)
        found.append(torch.index_select(images, 0, rows, out=batch).permute(0, 3, 1, 2))
    return found
