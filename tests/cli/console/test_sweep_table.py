"""The table of a sweep on a terminal: the active runs with their progress, and the ended ones above it."""

import io
import sys
import time
from dataclasses import dataclass, field

import pytest

pytest.importorskip("rich")

from rich.console import Console

from Arch.cache.attempts.failure import Failure
from Arch.cache.attempts.progress import Progress
from Arch.cli.console.sweep_table import TableSweepWatcher
from Arch.errors import DiskError
from Arch.planning.task import Task
from Arch.sweep.progress import Outcome, Running, Slot, SweepProgress


@dataclass(frozen=True)
class Titled:
    title: str


@dataclass(frozen=True)
class Step:
    config: Titled
    labels: tuple = ("configs/a.json",)


@dataclass(frozen=True)
class Work:
    reached: Progress | None = None
    error: Exception | None = None

    def progress(self):
        if self.error:
            raise self.error
        return self.reached


@dataclass
class Terminal:
    file: io.StringIO = field(default_factory=io.StringIO)

    def console(self, width=110):
        return Console(file=self.file, force_terminal=True, width=width, highlight=False)

    @property
    def text(self):
        return self.file.getvalue()


def running(work, attempt=1, run=0):
    slot = Slot("cpu a", "cpu", {}, 1)
    return Running(Task(Step(Titled("resnet8 on Digits")), run), slot, work, attempt, time.monotonic() - 75)


def board(*hands):
    return SweepProgress(hands, done=3, failed=3, waiting=4, elsewhere=2, total=12, seconds=130, blocked=2)


@pytest.fixture
def shown():
    """Draws a table of active runs and returns the text on the terminal."""

    def draw(*hands, width=110):
        terminal = Terminal()
        with TableSweepWatcher(terminal.console(width)) as watcher:
            watcher.tick(board(*hands))
        return terminal.text

    return draw


def test_a_run_is_shown_with_its_slot_score_and_time_left(shown):
    half_way = Progress(5, 10, 50, 100, seconds=60.0, time="", scores={"accuracy": 0.6125})
    lines = [line for line in shown(running(Work(half_way), run=2)).splitlines() if "resnet8" in line]
    assert " ".join(lines[0].split()) == "cpu a resnet8 on Digits 2 5/10 61.25 % 1 min 15 s 1 min"


def test_a_run_without_progress_is_starting_and_a_second_attempt_is_shown(shown):
    text = shown(running(Work(), attempt=2))
    assert "0 (attempt 2)" in text
    assert "starting" in text


def test_a_disk_error_does_not_end_the_table(shown):
    assert "starting" in shown(running(Work(error=DiskError("cannot read"))))


def test_the_counts_are_below_the_table(shown):
    assert "3 of 12 done, 1 failed, 2 not tried, 2 made elsewhere, 4 waiting; 2 min 10 s" in shown()


def test_a_narrow_terminal_shortens_the_title_and_keeps_the_numbers(shown):
    half_way = Progress(5, 10, 50, 100, seconds=60.0, time="", scores={"accuracy": 0.6125})
    assert "61.25 %" in shown(running(Work(half_way)), width=70)


def test_an_ended_run_is_printed_above_the_table_without_markup():
    terminal = Terminal()
    with TableSweepWatcher(terminal.console(200)) as watcher:
        task = Task(Step(Titled("resnet8 [red]")), 0)
        watcher.ended(task, Outcome.FAILED, Failure(0, "error", "ValueError", "bad [bold] luck"))
    assert "failed before: resnet8 [red], run 0 (configs/a.json): bad [bold] luck" in terminal.text


def test_a_title_is_neither_markup_nor_an_escape_sequence():
    terminal = Terminal()
    task = Task(Step(Titled("a[/red]:smile:\x1b]0;x\x07\n\u202e")), 0)
    with TableSweepWatcher(terminal.console(200)) as watcher:
        watcher.tick(board(Running(task, Slot("cpu\x1b", "cpu", {}, 1), Work(), 1, time.monotonic())))
        watcher.ended(task, Outcome.FAILED, Failure(0, "error", "ValueError", "bad\x07 luck"))
    assert r"a[/red]:smile:\x1b]0;x\x07\n\u202e" in terminal.text
    assert r"bad\x07 luck" in terminal.text
    assert not {"\x07", "\u202e"} & set(terminal.text)


def test_what_is_printed_above_the_table_is_escaped_and_the_streams_come_back(monkeypatch):
    before, terminal = (sys.stdout, sys.stderr), Terminal()
    with TableSweepWatcher(terminal.console(200)):
        sys.stderr.write("a\x07b\u202e\n")
    assert r"a\x07b\u202e" in terminal.text
    assert (sys.stdout, sys.stderr) == before
