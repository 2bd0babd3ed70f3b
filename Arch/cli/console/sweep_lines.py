"""A sweep in plain lines on standard error, for logs; and which watcher fits where standard error goes."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

from Arch.cache.attempts.failure import Failure
from Arch.cache.entry import Entry
from Arch.errors import CacheError, DiskError
from Arch.sweep.progress import Outcome, Running, SilentSweepWatcher, SweepProgress, SweepWatcher, Task
from Arch.units import duration_text


def sweep_watcher(*, quiet: bool) -> AbstractContextManager[SweepWatcher]:
    """The watcher that fits where standard error goes."""
    if quiet:
        return nullcontext(SilentSweepWatcher())
    if sys.stderr.isatty():
        from Arch.cli.console.sweep_table import TableSweepWatcher  # rich: only a sweep on a terminal needs it

        return TableSweepWatcher()
    return nullcontext(LineSweepWatcher())


class LineSweepWatcher:
    """A line for each run that starts or ends."""

    def __init__(self) -> None:
        """Has seen nothing yet."""
        self._total = self._there = 0

    def started(self, running: Running) -> None:
        """Says what was started, and where."""
        again = f", attempt {running.attempt}" if running.attempt > 1 else ""
        where = f" ({running.task.label})" if running.task.step.labels else ""
        _say(f"started: {running.task}{where}{again}, on {running.slot.name}")

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """Says what became of it."""
        self._there += outcome.is_there
        count = f" {self._there}/{self._total}" if outcome.is_there else ""
        _say(ended_text(what, outcome, failure, count))

    def tick(self, progress: SweepProgress) -> None:
        """Learns how much there is."""
        self._total = progress.total


def ended_text(what: Running | Task, outcome: Outcome, failure: Failure | None, count: str = "") -> str:
    """A line on a task that has its outcome; `count` stands behind the outcome's word."""
    task, is_old = (what.task, False) if isinstance(what, Running) else (what, outcome is Outcome.FAILED)
    word = "failed before" if is_old else _WORDS.get(outcome, outcome.value)
    where = f" ({task.label})" if task.step.labels else ""
    why = f": {failure_text(failure)}" if failure is not None else ""
    return f"{word}{count}: {task}{where}{_numbers(what, outcome)}{why}"


def failure_text(failure: Failure) -> str:
    """Why a run is not there, in a line."""
    return " ".join(f"{failure.message or failure.error}".split())


def _numbers(what: Running | Task, outcome: Outcome) -> str:
    if outcome is not Outcome.DONE or not isinstance(what, Running):
        return ""
    try:
        run = Entry(what.work.entry).run(what.task.run)
    except (CacheError, DiskError):  # removed at once, or damaged, which the table of results will tell
        return ""
    accuracy = f", accuracy {100 * run.scores['accuracy']:.1f} %" if "accuracy" in run.scores else ""
    return f"{accuracy}, {duration_text(run.seconds)}"


_WORDS = {Outcome.ELSEWHERE: "done elsewhere"}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
