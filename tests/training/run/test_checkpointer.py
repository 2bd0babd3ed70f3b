"""Oracle: a clock that the test advances, and the files on the disk."""

import dataclasses
import errno
import logging
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from Arch.cache.attempts.progress import Progress
from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import LeaseLostError, StoppedError
from Arch.files import system_calls
from Arch.training.run import checkpointer as module
from Arch.training.run.checkpointer import CHECKPOINT_SECONDS, PROGRESS_SECONDS, WORTH_SECONDS, Checkpointer
from Arch.training.run.run_log import RunLog


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(module.time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def run(trainer, clock):
    """An active run whose steps the test counts, and its checkpointer."""
    training = trainer()
    training.entry.open(training.config)
    lease = training.entry.take(0)
    work = training.entry.work(0)
    run = SimpleNamespace(step=0, packed=0, lease=lease, work=work, requests=Requests(), clock=clock)

    def pack():
        run.packed += 1
        return b"state at %d" % run.step

    def make(interval=0, saved_step=0, watcher=None):
        run.checkpointer = Checkpointer(
            lease,
            RunLog(work),
            requests=run.requests,
            watcher=watcher or SilentWatcher(),
            interval=interval,
            saved_step=saved_step,
            pack=pack,
            progress=lambda: Progress(run.step // 4, 5, run.step, 20, 1.5, "2026-01-31T12:00:00Z", {"loss": 0.5}),
        )
        return run

    def steps(count, seconds=0.0):
        for _ in range(count):
            run.step += 1
            clock.now += seconds
            run.checkpointer.step_done()

    run.steps, run.make = steps, make
    return run


def saved_step(run):
    return run.work.checkpoints.step()


def test_nothing_is_written_before_anything_is_due(run):
    run.make(interval=10)
    run.steps(19)
    run.checkpointer.epoch_done(4)
    run.checkpointer.last_step_done()
    assert (run.packed, run.work.folder.exists()) == (0, False)


@pytest.mark.parametrize(("interval", "written"), [(1, [1, 2, 3, 4]), (2, [2, 4]), (3, [3]), (0, []), (-1, [])])
def test_a_checkpoint_is_written_after_every_interval_of_epochs(run, interval, written):
    run.make(interval)
    found = []
    for epoch in range(1, 5):
        run.steps(4)
        run.checkpointer.epoch_done(epoch)
        found += [epoch] if saved_step(run) == 4 * epoch else []
    assert found == written


def test_a_checkpoint_is_written_after_every_interval_of_time(run):
    run.make()
    run.steps(1, CHECKPOINT_SECONDS - 1)
    assert saved_step(run) == 0
    run.steps(2, 1)
    assert saved_step(run) == 2
    run.steps(3, (CHECKPOINT_SECONDS - 2) / 3)
    assert saved_step(run) == 2
    run.steps(1, 2)
    assert (saved_step(run), run.packed) == (7, 2)


def test_a_requested_checkpoint_is_written_once_at_the_next_step(run):
    run.make()
    run.requests.checkpoint()
    run.steps(1)
    assert (saved_step(run), run.requests.is_checkpoint_requested) == (1, False)
    run.steps(5)
    assert run.packed == 1


def test_a_saved_step_is_not_saved_again(run):
    run.make(interval=1, saved_step=4)
    run.step = 4
    run.checkpointer.epoch_done(1)
    assert run.packed == 0


def test_a_stop_request_writes_a_checkpoint_and_names_its_step(run):
    run.make()
    run.steps(6)
    run.requests.stop()
    with pytest.raises(StoppedError, match=r"run 0 of .* at step 7 of 20; the same command resumes it from step 7"):
        run.steps(1)
    assert run.work.checkpoints.newest().payload == b"state at 7"
    assert run.work.progress().step == 7


def test_a_stop_request_on_a_full_disk_names_the_step_of_the_last_checkpoint(run, monkeypatch, caplog):
    run.make(saved_step=3)
    run.requests.stop()
    monkeypatch.setattr(system_calls, "_step", refusing("checkpoint-", errno.ENOSPC))
    run.step = 4
    with pytest.raises(StoppedError, match="at step 5 of 20; the same command resumes it from step 3"):
        run.steps(1)
    assert "no checkpoint" in caplog.text


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
def test_a_checkpoint_that_cannot_be_written_is_a_warning_and_retried(run, monkeypatch, caplog, code):
    run.make(interval=1)
    with monkeypatch.context() as broken:
        broken.setattr(system_calls, "_step", refusing("checkpoint-", code))
        run.steps(4)
        run.checkpointer.epoch_done(1)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert saved_step(run) == 0
    run.steps(4)
    run.checkpointer.epoch_done(2)
    assert saved_step(run) == 8


def test_a_lost_lease_ends_the_run_at_the_next_step_without_a_checkpoint(run, monkeypatch):
    run.make(interval=1)
    run.steps(1)
    claim = run.lease.claim
    newer = dataclasses.replace(claim, generation=2, path=claim.path.replace("000001", "000002"))
    Path(newer.path).write_text(newer.text())
    with pytest.raises(LeaseLostError):
        run.lease.beat()
    monkeypatch.setattr(type(run.lease), "is_lost", property(lambda lease: True))  # its heartbeat thread is not running
    with pytest.raises(LeaseLostError, match="taken over"):
        run.steps(1)
    assert saved_step(run) == 0


def test_a_checkpoint_detects_a_takeover_that_no_heartbeat_has_detected(run):
    run.make()
    run.lease.end("crashed")
    run.requests.checkpoint()
    with pytest.raises(LeaseLostError):
        run.steps(1)
    assert saved_step(run) == 0


def test_progress_is_written_at_most_once_a_second(run, monkeypatch):
    written = []
    run.make()
    monkeypatch.setattr(RunLog, "write_progress", lambda self, reached: written.append(reached.step))
    run.steps(20, PROGRESS_SECONDS / 4)
    assert written == [4, 8, 12, 16, 20]


@pytest.mark.parametrize(("seconds", "step"), [(WORTH_SECONDS - 1, 0), (WORTH_SECONDS, 20)])
def test_a_last_checkpoint_is_written_if_the_latest_one_is_old(run, seconds, step):
    run.make()
    run.steps(20)
    run.clock.now += seconds
    run.checkpointer.last_step_done()
    assert saved_step(run) == step


def test_the_watcher_is_called_at_every_step(run):
    steps = []
    watcher = SilentWatcher()
    watcher.step_done = lambda: steps.append(run.step)
    run.make(watcher=watcher)
    run.steps(3)
    assert steps == [1, 2, 3]


def refusing(part, code):
    """Returns file operations that fail to write files with `part` in their names."""

    def step(verb, path, function, *arguments):
        if verb == "write" and part in os.fspath(path):
            raise OSError(code, os.strerror(code))
        return function(*arguments)

    return step
