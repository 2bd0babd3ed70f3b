"""A sweep on a terminal: a table of the active runs, redrawn in place, and a line for each run that ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from Arch.cache.attempts.failure import Failure
from Arch.cli.console.sweep_words import ended_text
from Arch.errors import CacheError, DiskError
from Arch.escaping import escaping, printable, unescaped
from Arch.planning.task import Task
from Arch.sweep.progress import Outcome, Running, SweepProgress
from Arch.types import headline_of
from Arch.units import duration_text, score_text, value_text

_COLOURS = {Outcome.DONE: "green", Outcome.ELSEWHERE: "green", Outcome.STOPPED: "yellow"}


class TableSweepWatcher:
    """Draws on standard error; a context manager, so that the terminal is restored even after an exception."""

    def __init__(self, console: Console | None = None) -> None:
        """Takes the `console` to draw on, by default standard error."""
        self._console = console or Console(file=unescaped(sys.stderr), highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._streams = sys.stdout, sys.stderr

    def __enter__(self) -> TableSweepWatcher:
        """Starts the live display at the bottom of the terminal."""
        self._streams = sys.stdout, sys.stderr
        self._live.start()
        # The display has put streams of its own, which print above the table, in place of the standard ones.
        sys.stdout, sys.stderr = escaping(sys.stdout), escaping(sys.stderr, is_for_messages=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the live display and removes the table."""
        self._live.stop()
        sys.stdout, sys.stderr = self._streams

    def started(self, running: Running) -> None:
        """Prints nothing: the table shows active runs."""

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """Prints a line above the table."""
        line = printable(ended_text(what, outcome, failure))
        self._console.print(Text(line, style=_COLOURS.get(outcome, "red")))

    def tell(self, line: str) -> None:
        """Prints a line above the table, which would overwrite it if it were written past the live display."""
        self._console.print(Text(printable(line), style="bold yellow"))

    def tick(self, progress: SweepProgress) -> None:
        """Redraws the table."""
        self._live.update(Group(_table(progress), Text(_summary(progress), style="bold")), refresh=True)


def _table(progress: SweepProgress) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("where", no_wrap=True)
    table.add_column("experiment", no_wrap=True, overflow="ellipsis")
    for name in (
        "run",
        "epoch",
        "score",
        "so far",
        "left",
    ):  # with a minimum width, so that a narrow terminal shortens titles first
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name) + 3)
    for running in progress.running:
        cells = (running.slot.name, running.task.step.config.title, _run(running), *_reached(running))
        table.add_row(*(Text(printable(cell)) for cell in cells))  # text, in which brackets are no markup
    return table


def _run(running: Running) -> str:
    return f"{running.task.run}" if running.attempt == 1 else f"{running.task.run} (attempt {running.attempt})"


def _reached(running: Running) -> tuple[str, str, str, str]:
    elapsed = duration_text(time.monotonic() - running.since)
    try:
        progress = running.work.progress()
    except (CacheError, DiskError):  # the run itself reports an error of the disk; the table must go on
        progress = None
    if progress is None:
        return "starting", "", elapsed, ""
    left = "" if progress.seconds_left is None else duration_text(progress.seconds_left)
    place = f"{progress.epoch}/{progress.epochs}" if progress.epochs else f"step {progress.step}/{progress.steps}"
    return place, _score(progress.scores), elapsed, left


def _score(scores: Mapping[str, float]) -> str:
    """Returns the headline score; an accuracy without its name, since the column is narrow."""
    name = headline_of(scores)
    if name == "accuracy":
        return value_text(name, scores[name])
    return score_text(name, scores[name]) if name else ""


def _summary(progress: SweepProgress) -> str:
    counts = [f"{progress.done} of {progress.total} done"]
    failed = progress.failed - progress.blocked
    counts += [f"{failed} failed"] if failed else []
    counts += [f"{progress.blocked} not tried"] if progress.blocked else []
    counts += [f"{progress.elsewhere} made elsewhere"] if progress.elsewhere else []
    counts += [f"{progress.waiting} waiting"] if progress.waiting else []
    counts += ["stopping"] if progress.is_stopping else []
    left = "" if progress.seconds_left is None else f", about {duration_text(progress.seconds_left)} left"
    return f"{', '.join(counts)}; {duration_text(progress.seconds)}{left}"
