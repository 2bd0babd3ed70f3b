"""A sweep in plain lines."""

import pytest

from Arch.cache.attempts.failure import Failure
from Arch.cache.entry import Entry
from Arch.cache.store import Store
from Arch.cli.console.sweep_lines import LineSweepWatcher
from Arch.cli.shared.sweeping import sweep_watcher
from Arch.planning.plan import make_plan
from Arch.planning.task import tasks_of
from Arch.sweep.progress import Outcome, Running, SilentSweepWatcher, Slot, SweepProgress
from Arch.types import Run

TINY = {"Dataset": "Synthetic", "Model": "MLP"}
SLOT = Slot("gpu 0 b", "cuda", {}, 1)


@pytest.fixture
def running(resolver, tmp_path):
    """The second attempt at a run of a sweep."""
    config, store = resolver.resolve(TINY), Store(tmp_path)
    (task,) = tasks_of(make_plan([(config, "configs/a.json")], store))
    entry = store.entry(config)
    entry.open(config)
    return Running(task, SLOT, entry.work(0), 2, 0.0)


@pytest.fixture
def said(capsys):
    def said():
        return capsys.readouterr().err.splitlines()

    return said


def test_a_started_line_has_run_slot_and_attempt(running, said):
    LineSweepWatcher().started(running)
    assert said() == ["started: MLP on Synthetic, run 0 (configs/a.json), attempt 2, on gpu 0 b"]


def test_an_ended_line_has_count_headline_score_and_time(running, said):
    with Entry(running.work.entry).write_run(0) as writer:
        writer.commit(Run(0, 0, (), {"accuracy": 0.612}, 32.0))
    watcher = LineSweepWatcher()
    watcher.tick(SweepProgress((running,), 0, 0, 35, 0, 36, 0.0))
    watcher.ended(running, Outcome.DONE, None)
    watcher.ended(running.task, Outcome.ELSEWHERE, None)
    assert said() == [
        "done 1/36: MLP on Synthetic, run 0 (configs/a.json), accuracy 61.20 %, 32 s",
        "done elsewhere 2/36: MLP on Synthetic, run 0 (configs/a.json)",
    ]


def test_a_failed_line_has_the_reason_and_marks_earlier_failures(running, said):
    failure = Failure(0, "error", "ValueError", "first\nsecond")
    watcher = LineSweepWatcher()
    watcher.ended(running, Outcome.FAILED, failure)
    watcher.ended(running.task, Outcome.FAILED, failure)
    assert said() == [
        "failed: MLP on Synthetic, run 0 (configs/a.json): first second",
        "failed before: MLP on Synthetic, run 0 (configs/a.json): first second",
    ]


def test_quiet_prints_nothing_and_without_a_terminal_there_are_lines():
    with sweep_watcher(quiet=True) as quiet, sweep_watcher(quiet=False) as lines:
        assert isinstance(quiet, SilentSweepWatcher)
        assert isinstance(lines, LineSweepWatcher)
