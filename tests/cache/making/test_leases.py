"""A lease: its heartbeats, its loss, its end, and what leaving it records."""

import errno
import itertools
import os
import threading
import time

import pytest

from Arch import files
from Arch.cache.attempts.attempt import attempt_at
from Arch.cache.claims.heartbeats import Heartbeats
from Arch.cache.making.taking import take
from Arch.errors import DiskError, LeaseLostError, StoppedError
from tests.cache import stub
from tests.cache.losses import LOSSES, take_over
from tests.cache.processes import until

FAST = 0.03  # seconds of a TTL that a test can wait for


@pytest.fixture
def lease(entry):
    return entry.take(0)


def fast(entry):
    return take(entry, 0, Heartbeats(), ttl=FAST)


def test_heartbeats_are_sent_while_the_lease_is_entered_and_no_longer(entry):
    lease = fast(entry)
    with lease:
        for _ in range(3):
            before = files.changed_at(lease.claim.path)
            until(lambda before=before: files.changed_at(lease.claim.path) > before)
    until(lambda: threading.active_count() == 1)


def test_heartbeats_come_three_times_per_ttl(entry, monkeypatch):
    lease, times = take(entry, 0, Heartbeats(), ttl=0.6), []
    monkeypatch.setattr(lease, "beat", lambda: times.append(time.monotonic()))
    with lease:
        until(lambda: len(times) > 4)
    shortest = min(later - earlier for earlier, later in itertools.pairwise(times))
    assert 0.19 < shortest < 0.3


@pytest.mark.parametrize("problem", [RuntimeError("odd"), DiskError("cannot read"), MemoryError("full")])
def test_an_error_in_a_heartbeat_does_not_end_them(entry, monkeypatch, caplog, problem):
    lease, calls = fast(entry), []

    def beat():
        calls.append(1)
        if len(calls) < 3:
            raise problem

    monkeypatch.setattr(lease, "beat", beat)
    with lease:
        until(lambda: len(calls) > 4)
        assert not lease.is_lost
    assert caplog.text.count(f"no heartbeat was written: {problem}") == 2


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_loss_is_noticed_by_the_next_check_and_by_a_heartbeat(entry, lose):
    lease = fast(entry)
    lease.check()
    lose(lease)
    with pytest.raises(LeaseLostError, match=f"run 0 of {entry.path} was taken over or finished by another process"):
        lease.check()
    if lose is not LOSSES["ended"]:
        with lease:
            until(lambda: lease.is_lost)


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_process_that_lost_its_lease_does_not_commit(entry, config, lose, names_below):
    with pytest.raises(LeaseLostError), entry.take(0) as lease:
        stub.make_run(lease, lambda epoch: lose(lease) if epoch == stub.EPOCHS else None)
    assert entry.run_indices() == ()
    assert entry.work(0).failure() is None
    assert not any("staging" in name for name in names_below(entry.path))


def test_a_holder_resumed_after_a_takeover_commits_nothing_and_leaves_the_new_claim(entry, make_run):
    with pytest.raises(LeaseLostError), entry.take(0) as lease, entry.write_run(0, lease) as writer:
        # As if this process had been suspended right before its commit.
        writer.commit(make_run(take_over(lease)))
    assert [(claim.generation, claim.end) for claim in entry.work(0).claims()] == [(1, "stopped"), (2, "")]
    assert entry.run_indices() == ()


def test_its_own_commit_does_not_count_as_a_loss(entry, config, caplog):
    with fast(entry) as lease:
        stub.make_run(lease)
        time.sleep(3 * FAST)
        lease.check()
        assert not lease.is_lost
    lease.end("failed")
    assert entry.runs() == (stub.expected_run(0),)
    assert caplog.text == ""
    assert not (entry.path / "Claims").exists()


def test_of_several_ends_the_first_counts(lease, entry):
    lease.end("failed")
    lease.end("stopped")
    assert [claim.end for claim in entry.work(0).claims()] == ["failed"]


def test_an_end_after_another_process_has_finished_the_run_changes_nothing(lease, entry, commit, names_below):
    commit(entry)
    before = names_below(entry.path)
    lease.end("crashed")
    assert names_below(entry.path) == before


@pytest.mark.parametrize(
    ("error", "state", "kind"),
    [
        (None, "stopped", None),
        (StoppedError("asked"), "stopped", None),
        (KeyboardInterrupt(), "stopped", None),
        (SystemExit(3), "failed", "error"),
        (LeaseLostError("lost"), "stopped", None),
        (ValueError("bad"), "failed", "error"),
        (MemoryError(), "failed", "out-of-memory"),
        (OSError(errno.ENOENT, "no such file"), "failed", "error"),
        (OSError(errno.ENOSPC, "no space left on device"), "crashed", "crash"),
        (OSError(errno.EIO, "input/output error"), "crashed", "crash"),
        (DiskError("cannot write"), "crashed", "crash"),
    ],
    ids=repr,
)
def test_leaving_a_lease_records_how_the_attempt_ended(entry, error, state, kind):
    lease = entry.take(0, device="cuda:0")
    entry.work(0).write_log("last line")
    assert leave(lease, error) is error
    attempt, failure = attempt_at(entry.work(0)), entry.work(0).failure()
    assert (attempt.state, lease.generation) == (state, 1)
    assert (failure and failure.kind) == kind
    if failure:
        assert (failure.error, failure.attempt, failure.device) == (type(error).__name__, 1, "cuda:0")
        assert (failure.host, failure.log) == (os.uname().nodename, "last line")
        assert "Traceback" in failure.traceback


def leave(lease, error):
    """Leaves a lease with an error and returns what was raised."""
    try:
        with lease:
            fail(error)
    except BaseException as raised:  # noqa: BLE001 - the error is the result
        return raised


def fail(error, *_):
    if error:
        raise error


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=errno.errorcode.get)
def test_a_run_whose_end_cannot_be_recorded_can_be_taken_by_this_process(disk, entry, config, code, caplog):
    with pytest.raises(ValueError, match="bad"), entry.take(0):
        fail(ValueError("bad"), disk.fail_at(1, code, forever=True))
    assert f"cannot write {entry.path}" in caplog.text
    disk.forget()
    assert str(entry.status(1)) == "crashed (0 of 1)"
    stub.train(entry, config)
    assert entry.runs() == (stub.expected_run(0),)


def test_a_failure_that_cannot_be_recorded_still_ends_the_claim(disk, entry):
    lease = entry.take(0)
    disk.breaks = lambda number, function, arguments: refuse("Failure.json", arguments)
    assert isinstance(leave(lease, ValueError("bad")), ValueError)
    disk.forget()
    assert entry.work(0).claims()[0].end == "failed"
    assert str(entry.status(1)) == "failed (0 of 1)"


def refuse(name, arguments):
    if any(name in str(argument) for argument in arguments):
        raise OSError(errno.ENOSPC, "no space left on device")


def test_a_forked_child_that_leaves_the_contexts_does_not_end_its_parents_attempt(entry, make_run, in_child):
    error = ValueError("only the child's")

    def leave_as_the_error_passes():
        writer.__exit__(ValueError, error, None)
        lease.__exit__(ValueError, error, None)

    with entry.take(0) as lease, entry.write_run(0, lease) as writer:
        assert in_child(leave_as_the_error_passes) == [0]
        assert writer.folder.exists()
        lease.check()
        writer.commit(make_run(0))
    assert entry.run_indices() == (0,)


def test_if_no_thread_can_be_started_the_attempt_is_ended(entry, monkeypatch):
    lease = entry.take(0)
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    with pytest.raises(RuntimeError, match="can't start new thread"), lease:
        pass
    assert str(entry.status(1)) == "stopped (0 of 1)"


def no_thread(thread):
    raise RuntimeError("can't start new thread")
