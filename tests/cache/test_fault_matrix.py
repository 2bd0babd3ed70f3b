"""Runs are killed or refused by the disk at every step: the next command still gives exactly the same numbers."""

import contextlib
import errno
import functools
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from Arch.cache.store import Store
from Arch.errors import DiskError, RunDoneError, StoppedError
from tests.cache import stub

MANY = 600
# Every step takes minutes on a busy machine; every 13th still visits each phase of a run.
STRIDES = [pytest.param(13, id="every 13th step"), pytest.param(1, id="every step", marks=pytest.mark.slow)]
WHOLE = {"Config.json", "Result.json", "Runs/001/Run.json", "Runs/001/manifest.json"} | {
    f"Runs/000/{name}" for name in ("Last.safetensors", "Run.json", "log.txt", "manifest.json")
}


@pytest.fixture
def store(tmp_path):
    """A cache in memory if possible: only steps are counted, and there are thousands."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else tmp_path))
    yield Store(folder / "cache")
    shutil.rmtree(folder)


def make_in_three_attempts(entry, config):
    """Makes a run in three attempts: the first fails, the second is stopped, the third commits."""
    with contextlib.suppress(ValueError):
        stub.train(entry, config, on_epoch=stub.fail)
    with contextlib.suppress(StoppedError):
        stub.train(entry, config, on_epoch=stub.stop)
    stub.train(entry, config)


def check_next_command(entry, config, names_below, where):
    """Asserts that repeating the command finishes the run with the exact numbers and removes all leftovers."""
    with contextlib.suppress(RunDoneError):
        stub.train(entry, config)
    assert entry.runs() == (stub.expected_run(0),), where
    assert entry.result().scores[0] == stub.expected_run(0).scores
    assert entry.weights(0, "Last").read_text() == str(stub.closed_form(0, stub.EPOCHS))
    assert str(entry.status(1, config)) == "done"
    with entry.write_run(1) as writer:
        writer.commit(stub.expected_run(1))  # the next writer removes leftovers beside a finished run
    assert names_below(entry.path) == WHOLE, where


@pytest.mark.parametrize("stride", STRIDES)
def test_g3_after_a_kill_at_any_step_the_next_command_gives_the_same_numbers(
    disk, store, config, in_child, names_below, stride
):
    entry = store.entry(config)

    def work(dies_at):
        disk.kill_at(dies_at)
        make_in_three_attempts(entry, config)

    for step in range(1, MANY, stride):
        shutil.rmtree(store.root, ignore_errors=True)
        if in_child(functools.partial(work, step)) == [0]:
            break
        assert str(entry.status(1, config)).partition(" ")[0] in ("missing", "crashed", "stopped", "failed", "done")
        check_next_command(entry, config, names_below, f"after a kill at step {step}")
    assert 100 < step < MANY - 1


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("forever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
def test_g3_after_a_disk_error_at_any_step_the_next_command_gives_the_same_numbers(
    disk, store, config, names_below, code, forever, stride
):
    entry = store.entry(config)
    for step in range(1, MANY, stride):
        shutil.rmtree(store.root, ignore_errors=True)
        disk.fail_at(step, code, forever=forever)
        with contextlib.suppress(DiskError, RunDoneError):
            make_in_three_attempts(entry, config)
        if disk.count < step:
            break
        disk.forget()
        check_next_command(entry, config, names_below, f"after {errno.errorcode[code]} at step {step}")
    assert 100 < step < MANY - 1


def test_a_resumed_training_does_not_repeat_steps_before_its_checkpoint(entry, config):
    epochs = []

    def stop_late(epoch):
        epochs.append(epoch)
        stub.stop(epoch)

    with pytest.raises(StoppedError):
        stub.train(entry, config, on_epoch=stop_late)
    stub.train(entry, config, on_epoch=epochs.append)
    assert epochs == [1, 2, 3, 4, 3, 4]
    assert entry.runs() == (stub.expected_run(0),)


def test_the_closed_form_is_the_literal_loop():
    number = 4
    for epoch in range(20):
        assert stub.closed_form(3, epoch) == number
        number = (48_271 * number + 11) % (2**31 - 1)
