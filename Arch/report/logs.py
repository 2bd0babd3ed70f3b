"""The log of an experiment: of its active run, else of the last attempt, else of the last finished run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.attempt import State, attempt_at
from Arch.cache.entry import Entry
from Arch.errors import CacheError

PAUSE = 0.5  # seconds between two reads of a growing log


@dataclass(frozen=True)
class Log:
    """The log of one run.

    Attributes:
        entry: the experiment.
        run: the run's index.
    """

    WORD: ClassVar[str] = "log"

    entry: Entry
    run: int

    @classmethod
    def of(cls, entry: Entry, run: int | None = None) -> Log:
        """Returns the log of a run, by default of the active run, else of the last attempt or finished run.

        Raises:
            CacheError: there is none.
        """
        if run is not None:
            chosen = [run]
        else:
            attempts = sorted(entry.attempts(), key=lambda attempt: attempt.state is State.RUNNING)
            chosen = [*entry.run_indices(), *(attempt.run for attempt in attempts)][::-1]
        found = [log for log in (cls(entry, index) for index in chosen) if log.path is not None]
        if not found:
            which = "" if run is None else f" of run {run}"
            raise CacheError(f"there is no {cls.WORD}{which} in {entry.path}. `status` shows the state of its runs.")
        return found[0]

    @property
    def path(self) -> str | None:
        """The log file: in the work folder until the run is finished, then in the run's folder; None without a log."""
        name = layout.run_name(self.run)
        places = (f"{layout.work(self.entry.path)}/{name}", f"{layout.runs(self.entry.path)}/{name}")
        paths = [f"{place}/{layout.LOG}" for place in places]
        return next((path for path in paths if files.exists(path)), None)

    @property
    def is_growing(self) -> bool:
        """Whether a running process makes the run."""
        return not self.entry.has_run(self.run) and attempt_at(self.entry.work(self.run)).state is State.RUNNING

    def tail(self, lines: int) -> str:
        """Returns the last lines, with a newline at the end of each."""
        return "".join(self._text().splitlines(keepends=True)[-lines:]) if lines else ""

    def follow(self, lines: int, pause: Callable[[float], None] = time.sleep) -> Iterator[str]:
        """Yields the last lines, and then the text that is added until no process makes the run any more.

        Args:
            lines: the number of lines at the beginning.
            pause: waits between two reads.
        """
        text = self._text()
        length = len(text)
        yield "".join(text.splitlines(keepends=True)[-lines:]) if lines else ""
        is_growing = True
        while is_growing:
            is_growing = self.is_growing  # asked before the read, so that the last lines are not missed
            text = self._text()
            if len(text) > length:
                yield text[length:]
                length = len(text)
            if is_growing:
                pause(PAUSE)

    def _text(self) -> str:
        for _ in range(2):  # between lookup and read, the commit may move it to the finished run
            path = self.path
            try:
                return files.read_bytes(path).decode("utf-8", "replace") if path else ""
            except FileNotFoundError:
                continue
        return ""
