"""The run's own log and progress, written as it goes on, whoever watches."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from Arch.cache.attempts.progress import Progress
from Arch.cache.attempts.work import Work
from Arch.errors import CacheError
from Arch.types import Epoch
from Arch.units import utc_now


class RunLog:
    """Tells what happens to a run; that something cannot be written down never stops the run itself."""

    def __init__(self, work: Work) -> None:
        """Takes the traces of the run in hand."""
        self._work = work
        self._is_mute = self._is_closed = False

    def say(self, line: str) -> None:
        """Adds a line to the log."""
        if self._is_closed:
            return
        try:
            self._work.write_log(f"{utc_now()}  {line}")
        except CacheError as problem:
            self._complain(problem)
        else:
            self._is_mute = False

    def close(self) -> None:
        """Ends the log: the run has taken its copy, and its traces are about to be removed."""
        self._is_closed = True

    def tell_progress(self, reached: Progress) -> None:
        """Tells onlookers how far the run has come."""
        try:
            self._work.save_progress(reached)
        except CacheError as problem:
            self._complain(problem)

    def _complain(self, problem: CacheError) -> None:
        """Warns once, and again only after something could be written: a full disk is not news at every epoch."""
        if not self._is_mute:
            self._is_mute = True
            logging.getLogger(__name__).warning("%s The training goes on.", problem)


@contextmanager
def open_run_log(work: Work) -> Iterator[RunLog]:
    """The log of a run, to which all warnings of this process go as well while it is open."""
    log = RunLog(work)
    handler, show = _Copy(log), warnings.showwarning

    def show_and_say(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: TextIO | str | None
    ) -> None:
        show(message, category, filename, lineno, *rest)  # type: ignore[arg-type]  # as Python handed them over
        log.say(f"{category.__name__}: {message} ({filename}:{lineno})")

    warnings.showwarning = show_and_say  # type: ignore[assignment]
    logging.getLogger().addHandler(handler)
    try:
        yield log
    finally:
        logging.getLogger().removeHandler(handler)
        warnings.showwarning = show


class _Copy(logging.Handler):
    """Copies what is logged, from warnings on, into a log."""

    def __init__(self, log: RunLog) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.say(f"{record.levelname.lower()}: {record.getMessage()}")
        last_resort: Any = logging.lastResort
        if last_resort and logging.getLogger().handlers == [self]:  # else Python takes this copy for an answer
            last_resort.handle(record)


def epoch_text(epoch: Epoch) -> str:
    """An epoch's numbers in a line."""
    splits = (("train", epoch.train), ("validation", epoch.validation), ("test", epoch.test))
    words = [f"{split} {name} {value:.6g}" for split, metrics in splits for name, value in metrics.items()]
    return f"{', '.join(words)}, rate {epoch.learning_rate:.6g}, {epoch.seconds:.2f} s"
