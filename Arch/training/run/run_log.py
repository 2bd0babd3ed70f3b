"""Writes the log, the progress and the epochs of a run into its work folder."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from Arch.cache.attempts.progress import Progress
from Arch.cache.attempts.work import Work
from Arch.errors import DiskError
from Arch.escaping import escaped
from Arch.types import Epoch
from Arch.units import epoch_text, utc_now


class RunLog:
    """Writes log lines, progress and epochs of a run; a disk that refuses is a warning and does not end the run."""

    def __init__(self, work: Work) -> None:
        """Takes the work folder of the active run."""
        self._work = work
        self._has_warned = self._is_closed = False
        self._epochs: list[Epoch] = []
        self._lacks_epochs = True

    def write(self, line: str) -> None:
        """Appends a line to the log, with the time; controls in it are escaped."""
        if self._is_closed:
            return
        try:
            self._work.write_log(f"{utc_now()}  {escaped(line)}")
        except DiskError as problem:
            self._warn(problem)
        else:
            self._has_warned = False

    def close(self) -> None:
        """Ignores later lines: the log was copied into the run, and the work folder is about to be removed."""
        self._is_closed = True

    def write_progress(self, reached: Progress) -> None:
        """Writes the progress file, which other processes read."""
        try:
            self._work.save_progress(reached)
        except DiskError as problem:
            self._warn(problem)

    def begin_epochs(self, done: Sequence[Epoch]) -> None:
        """Starts the file of finished epochs with those that need not be repeated."""
        self._epochs, self._lacks_epochs = list(done), True
        try:
            is_of_use = bool(self._epochs or self._work.epochs())
        except DiskError:
            is_of_use = True
        if is_of_use:
            self._save_epochs()

    def write_epoch(self, epoch: Epoch) -> None:
        """Adds a finished epoch to the file of epochs, which other processes read while it grows."""
        self._epochs.append(epoch)
        self._save_epochs()

    def _save_epochs(self) -> None:
        """Appends the latest epoch; writes all if the file may lack one, or end in a part of one."""
        try:
            if self._lacks_epochs:
                self._work.rewrite_epochs(self._epochs)
            else:
                self._work.append_epoch(self._epochs[-1])
            self._lacks_epochs = False
        except DiskError as problem:
            self._lacks_epochs = True
            self._warn(problem)

    def _warn(self, problem: DiskError) -> None:
        """Warns once, and again only after a write that succeeded, so that a full disk does not warn at every epoch."""
        if not self._has_warned:
            self._has_warned = True
            logging.getLogger(__name__).warning("%s The run continues.", problem)


@contextmanager
def open_run_log(work: Work) -> Iterator[RunLog]:
    """Opens the log of a run, to which all warnings of this process are copied while it is open."""
    log = RunLog(work)
    handler, show = _Copy(log), warnings.showwarning

    def show_and_log(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: TextIO | str | None
    ) -> None:
        show(message, category, filename, lineno, *rest)  # type: ignore[arg-type]  # passed through unchanged
        log.write(f"{category.__name__}: {message} ({filename}:{lineno})")

    warnings.showwarning = show_and_log  # type: ignore[assignment]
    logging.getLogger().addHandler(handler)
    try:
        yield log
    finally:
        logging.getLogger().removeHandler(handler)
        warnings.showwarning = show


class _Copy(logging.Handler):
    """Copies log records of level WARNING and above into a run's log."""

    def __init__(self, log: RunLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write(f"{record.levelname.lower()}: {record.getMessage()}")
        last_resort: Any = logging.lastResort
        if last_resort and logging.getLogger().handlers == [
            self
        ]:  # with a handler, Python would not print it to stderr
            last_resort.handle(record)


def epoch_line(epoch: Epoch) -> str:
    """Returns an epoch's metrics, learning rate and time in one line."""
    return f"{epoch_text(epoch)}, rate {epoch.learning_rate:.6g}, {epoch.seconds:.2f} s"
