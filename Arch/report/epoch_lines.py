"""The finished epochs of a run as lines of JSON, also while it is being made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.epochs import line
from Arch.report.logs import PAUSE, Log


@dataclass(frozen=True)
class EpochLines(Log):
    """The epochs of one run, selected and followed as a log is."""

    WORD: ClassVar[str] = "record of epochs"

    @property
    def path(self) -> str | None:
        """The file that has the epochs: in the work folder until the run is finished, then `Run.json`; None without."""
        folder = f"{layout.runs(self.entry.path)}/{layout.run_name(self.run)}"
        paths = (f"{folder}/{layout.RUN}", f"{self.entry.work(self.run).folder}/{layout.EPOCHS}")
        return next((path for path in paths if files.exists(path)), None)

    def tail(self, lines: int) -> str:
        """Returns the last epochs, a line each."""
        return "".join(self._lines()[-lines:]) if lines else ""

    def follow(self, lines: int, pause: Callable[[float], None] = time.sleep) -> Iterator[str]:
        """Yields the last lines, and then each epoch that is added, once; see `Log.follow`."""
        found = self._lines()
        shown = len(found)
        yield "".join(found[-lines:]) if lines else ""
        is_growing = True
        while is_growing:
            is_growing = self.is_growing  # asked before the read, so that the last lines are not missed
            found = self._lines()
            if len(found) > shown:  # it has fewer where a run was resumed from an earlier epoch
                yield "".join(found[shown:])
                shown = len(found)
            if is_growing:
                pause(PAUSE)

    def _lines(self) -> list[str]:
        is_finished = self.entry.has_run(self.run)
        epochs = self.entry.run(self.run).epochs if is_finished else self.entry.work(self.run).epochs()
        return [line(epoch) for epoch in epochs]
