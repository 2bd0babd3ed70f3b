"""The state of the latest attempt, and how often a run may crash without progress."""

import os
from pathlib import Path

import pytest

from Arch.cache.attempts.attempt import attempt_at
from Arch.cache.attempts.failure import Failure
from Arch.errors import DiskError


@pytest.fixture
def crash(entry, in_child):
    """Makes attempts whose processes exit without recording an end, each after a checkpoint at one of `steps`."""

    def vanish(*steps, **how):
        for step in steps:

            def attempt(step=step):
                entry.take(0, **how)
                if step:
                    entry.work(0).checkpoints.save(step, b"state")
                os._exit(0)

            in_child(attempt)
        return attempt_at(entry.work(0))

    return vanish


def stop(entry, error=None):
    lease = entry.take(0)
    lease.__enter__()
    lease.__exit__(type(error) if error else None, error, None)


def test_a_run_without_an_attempt_is_missing(entry):
    attempt = attempt_at(entry.work(0))
    assert (attempt.state, attempt.claim, attempt.number, entry.attempts()) == ("missing", None, 0, ())


@pytest.mark.parametrize(("times", "state"), [(1, "crashed"), (2, "crashed"), (3, "failed"), (4, "failed")])
def test_three_crashes_without_progress_are_a_failure(entry, crash, times, state):
    attempt = crash(*[0] * times)
    assert (attempt.state, attempt.crashes, attempt.number) == (state, times, times)
    assert entry.attempts() == (attempt,)


def test_progress_resets_the_count_of_crashes(crash):
    assert crash(0, 0, 5).crashes == 0
    assert (crash(5, 5).state, crash().crashes) == ("crashed", 2)
    assert (crash(5).state, crash().crashes) == ("failed", 3)


def test_a_forced_attempt_resets_the_count_of_crashes(crash):
    assert crash(0, 0, 0).state == "failed"
    forced = crash(0, is_forced=True)
    assert (forced.state, forced.crashes) == ("crashed", 1)
    assert (crash(0).crashes, crash(0).state) == (2, "failed")


def test_an_attempt_stopped_on_request_resets_the_count_of_crashes(entry, crash):
    crash(0, 0)
    stop(entry)
    assert attempt_at(entry.work(0)).state == "stopped"
    assert crash(0).crashes == 1


def test_a_recorded_crash_counts_like_an_unrecorded_one(entry, crash):
    crash(0, 0)
    lease = entry.take(0)
    entry.work(0).record_failure(Failure(0, "crash", "SIGKILL", "killed", attempt=3, signal="SIGKILL"))
    lease.end("crashed")
    attempt = attempt_at(entry.work(0))
    assert (attempt.state, attempt.crashes, attempt.failure.signal) == ("failed", 3, "SIGKILL")


def test_a_disk_error_is_a_crash_so_that_the_run_is_made_again(entry):
    stop(entry, DiskError("the disk is full"))
    attempt = attempt_at(entry.work(0))
    assert (attempt.state, str(attempt.failure)) == ("crashed", "DiskError: the disk is full")
    assert str(entry.status(1)) == "crashed (0 of 1; DiskError)"
    stop(entry, DiskError("the disk is full"))
    stop(entry, DiskError("the disk is full"))
    assert attempt_at(entry.work(0)).state == "failed"


def test_a_failure_of_an_earlier_attempt_is_ignored(entry, crash):
    stop(entry, ValueError("bad luck"))
    assert str(attempt_at(entry.work(0)).failure) == "ValueError: bad luck"
    stop(entry)
    assert (attempt_at(entry.work(0)).state, attempt_at(entry.work(0)).failure) == ("stopped", None)
    assert (crash(0).state, crash().failure) == ("crashed", None)


def test_a_damaged_record_of_an_earlier_failure_is_ignored(entry):
    stop(entry, ValueError("bad luck"))
    (entry.work(0).folder / "Failure.json").write_text("{")
    assert attempt_at(entry.work(0)).failure.error == "CorruptEntryError"
    stop(entry)
    assert attempt_at(entry.work(0)).state == "stopped"


def test_a_run_with_a_held_claim_is_running_after_any_earlier_attempts(entry, crash):
    crash(0, 0, 0)
    lease = entry.take(0)
    assert (attempt_at(entry.work(0)).state, attempt_at(entry.work(0)).claim) == ("running", lease.claim)
    assert str(entry.status(1)) == "running (0 of 1)"


def test_attempts_are_of_unfinished_runs_and_a_status_has_requested_runs_only(entry, commit):
    for index in (0, 1, 5):
        entry.take(index)
    Path(entry.path / "Work" / "notes").mkdir(parents=True)
    commit(entry, 1)
    assert [attempt.run for attempt in entry.attempts()] == [0, 5]
    assert [attempt.run for attempt in entry.status(3).attempts] == [0]
