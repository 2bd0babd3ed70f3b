"""What is tried again within a sweep, how often, and what takes too long."""

import time
from types import SimpleNamespace

import pytest

from Arch.cache.attempts.attempt import State
from Arch.sweep import scheduler
from Arch.sweep.executors.local import LocalPool

HALF_AN_HOUR = 1800.0


@pytest.fixture
def hour_after(monkeypatch):
    """Lets an hour go by, for the sweep, as soon as something holds: a test need not race a loaded machine."""

    def leap(holds):
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600.0 * holds())
        monkeypatch.setattr(scheduler, "time", clock)

    return leap


def starts(diary):
    return [line[1:] for line in diary.lines if line[0] == "started"]


def test_the_third_crash_without_progress_is_a_failure_however_many_retries_there_are(sweep, stub, told):
    stub(ways={"1": "kill"})
    report, diary = sweep({"Seed": 1}, retries=9)
    assert told(report) == {(1, 0): "failed"}
    assert [line[0] for line in diary.lines if line[0] != "started"] == ["crashed", "crashed", "failed"]
    assert told(sweep({"Seed": 1})[0]) == {(1, 0): "failed"}
    assert len(stub.starts()) == 3


def test_an_error_is_retried_as_often_as_asked_and_after_everything_else(sweep, stub, told):
    stub(ways={"1": "error once", "2": "error"})
    report, diary = sweep({"Seed": 1}, {"Seed": 2}, {"Seed": 3}, workers=1, retries=1)
    assert told(report) == {(1, 0): "done", (2, 0): "failed", (3, 0): "done"}
    assert [seed for seed, _ in starts(diary)] == [1, 2, 3, 1, 2]


def test_memory_that_ran_out_is_not_tried_again(sweep, stub, told):
    stub(ways={"1": "memory"})
    report, _ = sweep({"Seed": 1}, retries=5)
    assert [outcome.failure.kind for outcome in report.outcomes.values()] == ["out-of-memory"]
    assert len(stub.starts()) == 1


def test_an_error_that_is_no_users_mistake_is_recorded_with_its_traceback(sweep, stub):
    stub(ways={"1": "bug"})
    (outcome,) = sweep({"Seed": 1})[0].outcomes.values()
    assert outcome.failure.error == "KeyError"
    assert "go_wrong" in outcome.failure.traceback


def test_a_run_that_takes_too_long_is_checkpointed_and_failed(sweep, stub, told, plan, hour_after):
    stub(ways={"1": "hang"})
    is_over = []
    hour_after(lambda: len(is_over) > 0 and len(stub.starts()) == 2)
    hooks = {"ended": lambda sweep, running: is_over.append(running)}
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, timeout=HALF_AN_HOUR, grace=3600.0, hooks=hooks)
    assert told(report) == {(1, 0): "failed", (2, 0): "done"}
    attempt = plan({"Seed": 1}).steps[0].status.attempts[0]
    assert (attempt.state, attempt.failure.kind) == (State.FAILED, "timeout")
    assert "after 1800 s" in attempt.failure.message


def test_a_run_that_does_not_heed_its_time_is_killed(sweep, stub, workspace, plan):
    stub(ways={"1": "deaf"}, steps=10**6)
    report, _ = sweep({"Seed": 1}, timeout=0.5, grace=0.2)
    (outcome,) = report.outcomes.values()
    assert (outcome.failure.kind, outcome.failure.signal) == ("timeout", "SIGKILL")


def test_a_run_that_heeds_neither_a_failure_elsewhere_nor_its_time_is_killed(
    sweep, stub, told, hour_after, monkeypatch
):
    stub(ways={"1": "deaf", "2": "error"}, steps=10**6)
    asked, ask = [], LocalPool.ask
    monkeypatch.setattr(LocalPool, "ask", lambda *words: asked.append(ask(*words)))
    hour_after(lambda: len(asked) > 0)
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, is_fail_fast=True, timeout=HALF_AN_HOUR, grace=0.2)
    assert told(report) == {(1, 0): "stopped", (2, 0): "failed"}


def test_a_timeout_that_is_retried_goes_on_from_its_checkpoint(sweep, stub, told, workspace, hour_after):
    stub(ways={"1": "hang once"})
    hour_after(lambda: len(stub.starts()) > 0)
    report, diary = sweep({"Seed": 1}, timeout=HALF_AN_HOUR, grace=3600.0, retries=9)
    assert told(report) == {(1, 0): "done"}
    assert len(starts(diary)) == 2
    entry = next(workspace.store.entries())
    assert entry.run(0).provenance["begun_at"] > 0
