"""Retries within a sweep, and timeouts."""

import time
from types import SimpleNamespace

import pytest

from Arch.cache.attempts.attempt import State
from Arch.sweep import scheduler
from Arch.sweep.executors.local import LocalPool

HALF_AN_HOUR = 1800.0


@pytest.fixture
def hour_after(monkeypatch):
    """Advances the sweep's clock by an hour once a condition holds, so that no test depends on the machine's load."""

    def leap(holds):
        clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600.0 * holds())
        monkeypatch.setattr(scheduler, "time", clock)

    return leap


def starts(recorder):
    return [line[1:] for line in recorder.lines if line[0] == "started"]


def test_the_third_crash_without_progress_is_a_failure_despite_retries(sweep, stub, outcomes_of):
    stub(ways={"1": "kill"})
    report, recorder = sweep({"Seed": 1}, retries=9)
    assert outcomes_of(report) == {(1, 0): "failed"}
    assert [line[0] for line in recorder.lines if line[0] != "started"] == ["crashed", "crashed", "failed"]
    assert outcomes_of(sweep({"Seed": 1})[0]) == {(1, 0): "failed"}
    assert len(stub.starts()) == 3


def test_an_error_is_retried_as_requested_and_after_all_other_tasks(sweep, stub, outcomes_of):
    stub(ways={"1": "error once", "2": "error"})
    report, recorder = sweep({"Seed": 1}, {"Seed": 2}, {"Seed": 3}, workers=1, retries=1)
    assert outcomes_of(report) == {(1, 0): "done", (2, 0): "failed", (3, 0): "done"}
    assert [seed for seed, _ in starts(recorder)] == [1, 2, 3, 1, 2]


def test_out_of_memory_is_not_retried(sweep, stub, outcomes_of):
    stub(ways={"1": "memory"})
    report, _ = sweep({"Seed": 1}, retries=5)
    assert [outcome.failure.kind for outcome in report.outcomes.values()] == ["out-of-memory"]
    assert len(stub.starts()) == 1


def test_an_unexpected_error_is_recorded_with_its_traceback(sweep, stub):
    stub(ways={"1": "bug"})
    (outcome,) = sweep({"Seed": 1})[0].outcomes.values()
    assert outcome.failure.error == "KeyError"
    assert "go_wrong" in outcome.failure.traceback


def test_a_timeout_is_a_failure_with_a_checkpoint(sweep, stub, outcomes_of, plan, hour_after):
    stub(ways={"1": "hang"})
    is_over = []
    hour_after(lambda: len(is_over) > 0 and len(stub.starts()) == 2)
    hooks = {"ended": lambda sweep, running: is_over.append(running)}
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, timeout=HALF_AN_HOUR, grace=3600.0, hooks=hooks)
    assert outcomes_of(report) == {(1, 0): "failed", (2, 0): "done"}
    attempt = plan({"Seed": 1}).steps[0].status.attempts[0]
    assert (attempt.state, attempt.failure.kind) == (State.FAILED, "timeout")
    assert "after 1800 s" in attempt.failure.message


def test_a_worker_that_ignores_its_timeout_is_killed(sweep, stub, workspace, plan):
    stub(ways={"1": "ignores stop"}, steps=10**6)
    report, _ = sweep({"Seed": 1}, timeout=0.5, grace=0.2)
    (outcome,) = report.outcomes.values()
    assert (outcome.failure.kind, outcome.failure.signal) == ("timeout", "SIGKILL")


def test_a_worker_that_ignores_a_stop_and_its_timeout_is_killed(sweep, stub, outcomes_of, hour_after, monkeypatch):
    stub(ways={"1": "ignores stop", "2": "error"}, steps=10**6)
    asked, ask = [], LocalPool.ask
    monkeypatch.setattr(LocalPool, "ask", lambda *words: asked.append(ask(*words)))
    hour_after(lambda: len(asked) > 0)
    report, _ = sweep({"Seed": 1}, {"Seed": 2}, is_fail_fast=True, timeout=HALF_AN_HOUR, grace=0.2)
    assert outcomes_of(report) == {(1, 0): "stopped", (2, 0): "failed"}


def test_a_retried_timeout_resumes_from_its_checkpoint(sweep, stub, outcomes_of, workspace, hour_after):
    stub(ways={"1": "hang once"})
    hour_after(lambda: len(stub.starts()) > 0)
    report, recorder = sweep({"Seed": 1}, timeout=HALF_AN_HOUR, grace=3600.0, retries=9)
    assert outcomes_of(report) == {(1, 0): "done"}
    assert len(starts(recorder)) == 2
    entry = next(workspace.store.entries())
    assert entry.run(0).provenance["begun_at"] > 0
