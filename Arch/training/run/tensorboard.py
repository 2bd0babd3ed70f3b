"""TensorBoard events of a run, written on request."""

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
    """Gives a function that writes an epoch's numbers as events in `folder`, or one that does nothing.

    What an earlier attempt left in the folder is replaced by the events of `epochs`, so that none is there twice. A
    disk that refuses ends the events and not the run.

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
    """What writes events; asked for before a run begins, so that its absence leaves nothing behind.

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
    """What TensorBoard's own writer writes, for as long as the disk lets it."""

    def __init__(self, folder: Path) -> None:
        self._writer: SummaryWriter | None = None
        with self._unless_refused():
            self._writer = summary_writer()(log_dir=str(folder))

    def write(self, epoch: Epoch) -> None:
        if self._writer is not None:
            with self._unless_refused():
                _write(self._writer.add_scalar, epoch)

    def close(self) -> None:
        if self._writer is not None:
            with self._unless_refused():
                self._writer.close()

    @contextmanager
    def _unless_refused(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            self._writer = None
            logging.getLogger(__name__).warning("no more TensorBoard events: %s. The training goes on.", problem)


def _write(add_scalar: Callable[[str, float, int], None], epoch: Epoch) -> None:
    for split, metrics in (("train", epoch.train), ("test", epoch.test), ("validation", epoch.validation)):
        for name, value in metrics.items():
            add_scalar(f"{split}/{name}", value, epoch.number)
    add_scalar("learning_rate", epoch.learning_rate, epoch.number)
