"""The log of an experiment: of the run in hand, else of the last attempt, else of the last finished run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.attempt import State, attempt_at
from Arch.cache.entry import Entry
from Arch.errors import CacheError

_PAUSE = 0.5  # seconds between two looks at a log that grows


@dataclass(frozen=True)
class Log:
    """The log of one run.

    Attributes:
        entry: the experiment.
        run: the run's index.
    """

    entry: Entry
    run: int

    @classmethod
    def of(cls, entry: Entry, run: int | None = None) -> Log:
        """The log of a run, by default of the one that a person wants to see first.

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
            raise CacheError(f"there is no log{which} in {entry.path}. `status` tells how its runs stand.")
        return found[0]

    @property
    def path(self) -> str | None:
        """Its file: with the work while the run is not finished, with the run then; None where there is none."""
        name = layout.run_name(self.run)
        places = (f"{layout.work(self.entry.path)}/{name}", f"{layout.runs(self.entry.path)}/{name}")
        paths = [f"{place}/{layout.LOG}" for place in places]
        return next((path for path in paths if files.exists(path)), None)

    @property
    def is_growing(self) -> bool:
        """Whether a living process makes the run."""
        return not self.entry.has_run(self.run) and attempt_at(self.entry.work(self.run)).state is State.RUNNING

    def tail(self, lines: int) -> str:
        """The last lines, with a newline at the end of each."""
        return "".join(self._text().splitlines(keepends=True)[-lines:]) if lines else ""

    def follow(self, lines: int, pause: Callable[[float], None] = time.sleep) -> Iterator[str]:
        """The last lines, and whatever is added until nobody makes the run any more.

        Args:
            lines: how many to begin with.
            pause: waits between two looks.
        """
        text = self._text()
        seen = len(text)
        yield "".join(text.splitlines(keepends=True)[-lines:]) if lines else ""
        goes_on = True
        while goes_on:
            goes_on = self.is_growing  # asked before the look, so that the last words are not missed
            text = self._text()
            if len(text) > seen:
                yield text[seen:]
                seen = len(text)
            if goes_on:
                pause(_PAUSE)

    def _text(self) -> str:
        for _ in range(2):  # between the two looks it may move from the work to the finished run
            path = self.path
            try:
                return files.read_bytes(path).decode("utf-8", "replace") if path else ""
            except FileNotFoundError:
                continue
        return ""
