"""Writes the TensorBoard events of a run, on request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from Arch import files
from Arch.errors import TrainingError
from Arch.types import Epoch

if TYPE_CHECKING:  # at run time it fails where TensorBoard is absent
    from torch.utils.tensorboard import SummaryWriter


@contextmanager
def open_events(folder: Path, epochs: Iterable[Epoch], *, is_wanted: bool) -> Iterator[Callable[[Epoch], None]]:
    """Yields a function that writes an epoch's numbers as events in `folder`, or one that does nothing.

    The events of an earlier attempt are replaced by those of `epochs`, so that none is there twice. A disk that
    refuses ends the events, not the run.

    Raises:
        TrainingError: events are wanted but TensorBoard is not installed.
    """
    files.remove_tree(folder)
    if not is_wanted:
        yield lambda _: None
        return
    events = _Events(folder)
    try:
        for epoch in epochs:
            events.write(epoch)
        yield events.write
    finally:
        events.close()


def summary_writer() -> type[SummaryWriter]:
    """Imports TensorBoard's writer of events.

    Raises:
        TrainingError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter  # an extra that most installations lack
    except ImportError:
        raise TrainingError(
            "TensorBoard events need the package tensorboard: pip install tensorboard, or leave TensorBoard at false."
        ) from None
    return SummaryWriter


class _Events:
    """TensorBoard's writer, which is dropped at the first error of the disk."""

    def __init__(self, folder: Path) -> None:
        self._writer: SummaryWriter | None = None
        with self._until_disk_error():
            self._writer = summary_writer()(log_dir=str(folder))

    def write(self, epoch: Epoch) -> None:
        if self._writer is not None:
            with self._until_disk_error():
                _write(self._writer.add_scalar, epoch)

    def close(self) -> None:
        if self._writer is not None:
            with self._until_disk_error():
                self._writer.close()

    @contextmanager
    def _until_disk_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            self._writer = None
            logging.getLogger(__name__).warning("no more TensorBoard events: %s. The run continues.", problem)


def _write(add_scalar: Callable[[str, float, int], None], epoch: Epoch) -> None:
    for split, metrics in (("train", epoch.train), ("test", epoch.test), ("validation", epoch.validation)):
        for name, value in metrics.items():
            add_scalar(f"{split}/{name}", value, epoch.number)
    add_scalar("learning_rate", epoch.learning_rate, epoch.number)
