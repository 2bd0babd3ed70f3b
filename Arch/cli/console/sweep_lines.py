"""Prints the progress of a sweep as plain lines on standard error, for logs; or nothing."""

from __future__ import annotations

import sys
from typing import Protocol

from Arch.cache.attempts.failure import Failure
from Arch.cli.console.signals import say
from Arch.cli.console.sweep_words import ended_text
from Arch.escaping import printable
from Arch.sweep.progress import Outcome, Running, SilentSweepWatcher, SweepProgress, SweepWatcher, Task


class ConsoleSweepWatcher(SweepWatcher, Protocol):
    """A watcher that also prints the answers to signals."""

    def tell(self, line: str) -> None:
        """Prints a line for the user at once; called by another thread than the other methods."""


class QuietSweepWatcher(SilentSweepWatcher):
    """Prints the answers to signals alone."""

    def tell(self, line: str) -> None:
        """Prints the line."""
        say(line)


class LineSweepWatcher:
    """Prints a line for each run that starts or ends."""

    def __init__(self) -> None:
        """Sets the counts to zero; `tick` updates the total."""
        self._total = self._existing = 0

    def started(self, running: Running) -> None:
        """Prints which run was started, and on which slot."""
        again = f", attempt {running.attempt}" if running.attempt > 1 else ""
        where = f" ({running.task.label})" if running.task.step.labels else ""
        _say(f"started: {running.task}{where}{again}, on {running.slot.name}")

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """Prints how the run ended."""
        self._existing += outcome.run_exists
        count = f" {self._existing}/{self._total}" if outcome.run_exists else ""
        _say(ended_text(what, outcome, failure, count))

    def tick(self, progress: SweepProgress) -> None:
        """Updates the total number of runs."""
        self._total = progress.total

    def tell(self, line: str) -> None:
        """Prints the line."""
        say(line)


def _say(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)
