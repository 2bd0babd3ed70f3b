"""The log of an experiment: of its active run, else of the last attempt, else of the last finished run."""

from __future__ import annotations

import codecs
import contextlib
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
_PIECE, _LONGEST = 1 << 16, 1 << 24  # bytes read at once, and at most for the last lines


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
        found = next((log for log in (cls(entry, index) for index in chosen) if log.path is not None), None)
        if found is None:
            which = "" if run is None else f" of run {run}"
            raise CacheError(f"there is no {cls.WORD}{which} in {entry.path}. `status` shows the state of its runs.")
        return found

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
        """Returns the last lines, with a newline at the end of each; of a very long line its end."""
        return self._last(lines)[0]

    def follow(self, lines: int, pause: Callable[[float], None] = time.sleep) -> Iterator[str]:
        """Yields the last lines, and then the text that is added until no process makes the run any more.

        Args:
            lines: the number of lines at the beginning.
            pause: waits between two reads.
        """
        text, end = self._last(lines)
        yield text
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        is_growing = True
        while is_growing:
            is_growing = self.is_growing  # asked before the read, so that the last lines are not missed
            while piece := self._read(end, _PIECE):
                end += len(piece)
                yield decode(piece)
            if is_growing:
                pause(PAUSE)

    def _last(self, lines: int) -> tuple[str, int]:
        """Returns the last lines and the size of the log, of which only the end is read."""
        end = self._size()
        size = _PIECE if lines else 0
        while True:
            content = self._read(max(0, end - size), min(size, end))
            if content.count(b"\n") > lines or size >= min(end, _LONGEST) or not lines:
                break
            size *= 4
        shown = content.decode("utf-8", "replace").splitlines(keepends=True)[-lines:] if lines else []
        return "".join(shown), end

    def _size(self) -> int:
        for path in self._paths():
            with contextlib.suppress(FileNotFoundError):
                return files.size_of(path)
        return 0

    def _read(self, start: int, size: int) -> bytes:
        for path in self._paths():
            with contextlib.suppress(FileNotFoundError):
                return files.read_from(path, start, size)
        return b""

    def _paths(self) -> Iterator[str]:
        for _ in range(2):  # between lookup and read, the commit may move it to the finished run
            if path := self.path:
                yield path
