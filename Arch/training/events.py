"""TensorBoard events of a run, written on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from Arch import files
from Arch.errors import TrainingError

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from Arch.types import Epoch


@contextmanager
def open_events(folder: Path, epochs: Iterable[Epoch], *, is_wanted: bool) -> Iterator[Callable[[Epoch], None]]:
    """Gives a function that writes an epoch's numbers as events in `folder`, or one that does nothing.

    What an earlier attempt left in the folder is replaced by the events of `epochs`, so that none is there twice.

    Raises:
        TrainingError: events are wanted but TensorBoard is not installed.
    """
    files.remove_tree(folder)
    if not is_wanted:
        yield lambda _: None
        return
    writer = summary_writer()(log_dir=str(folder))
    try:
        for epoch in epochs:
            _write(writer.add_scalar, epoch)
        yield lambda epoch: _write(writer.add_scalar, epoch)
    finally:
        writer.close()


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


def _write(add_scalar: Callable[[str, float, int], None], epoch: Epoch) -> None:
    for split, metrics in (("train", epoch.train), ("test", epoch.test), ("validation", epoch.validation)):
        for name, value in metrics.items():
            add_scalar(f"{split}/{name}", value, epoch.number)
    add_scalar("learning_rate", epoch.learning_rate, epoch.number)
