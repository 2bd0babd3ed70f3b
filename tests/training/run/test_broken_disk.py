"""Oracle: the bytes of an uninterrupted run. Real runs whose disk fails, or that are killed, at a chosen operation."""

import dataclasses
import errno
import json
import os
import signal

import pytest
import torch

from Arch.callbacks import Requests, SilentWatcher
from Arch.errors import DiskError
from Arch.files import system_calls

KEYS = {"NumEpochs": 3, "CheckpointInterval": 1, "MLPDropout": 0.3, "EMADecay": 0.5, "Validation": 0.25}
STEPS = {
    "the claim": ("/Claims/000/", os.link),
    "the second checkpoint": ("/checkpoint-1", os.replace),
    "a checkpoint's bytes": ("/.checkpoint-0", os.write),
    "the first epoch's line": ("/.Epochs.jsonl", os.write),
    "a later epoch's line": ("/Epochs.jsonl", os.write),
    "the weights": ("/Last.safetensors", os.write),
    "the run's name": ("/Runs/000", os.rename),
}
UNINTERRUPTED = []  # the numbers of the uninterrupted run, once some test has made it
IS_SURVIVED = ("the second checkpoint", "a checkpoint's bytes", "the first epoch's line", "a later epoch's line")


class CheckpointRequester(SilentWatcher):
    """Requests a checkpoint after every third step, so that some are inside an epoch."""

    def __init__(self):
        self.requests, self.steps = Requests(), 0

    def step_done(self):
        self.steps += 1
        if self.steps % 3 == 0:
            self.requests.checkpoint()


@pytest.fixture
def in_child(trainer, tmp_path):
    """Makes run 0 in a forked process whose disk fails as given; returns exit code or -signal, and the entry."""
    trainer(NumEpochs=1).result()  # so that the forked processes need not import everything themselves

    def make(name, broken=None, fault=None):
        training = trainer(**KEYS)
        training.entry = dataclasses.replace(training.entry, path=tmp_path / name / training.entry.fingerprint)
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                code = attempt(training, broken, fault)
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), training.entry

    return make


def attempt(training, broken, fault):
    """Makes the run; returns 0, or 1 if the disk failed."""
    torch.set_num_threads(1)  # the threads of the parent are not forked
    watcher = CheckpointRequester()
    training.settings = dataclasses.replace(training.settings, watcher=watcher, requests=watcher.requests)
    if broken:
        system_calls._step = breaking(*broken, fault)
    try:
        training.result()
    except DiskError:
        return 1
    return 0


def breaking(part, function, fault):
    """Returns file operations whose first matching one kills the process, or fails."""
    matches = []

    def step(verb, path, called, *arguments):
        if called is function and part in os.fspath(path) and not matches:
            matches.append(path)
            if fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(fault, os.strerror(fault))
        return called(*arguments)

    return step


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["kill", errno.ENOSPC, errno.EIO, errno.EACCES], ids=str)
@pytest.mark.parametrize("where", STEPS)
def test_a_run_after_a_disk_fault_equals_the_uninterrupted_run(in_child, where, fault):
    code, entry = in_child("broken", STEPS[where], fault)
    is_survived = where in IS_SURVIVED and fault != "kill"
    assert code == (-signal.SIGKILL if fault == "kill" else 0 if is_survived else 1)
    assert entry.run_indices() == ((0,) if is_survived else ())
    if not is_survived and fault != "kill" and where != "the claim":
        assert entry.work(0).failure().error == "DiskError"
    assert in_child("broken")[0] == 0
    if not UNINTERRUPTED:
        code, uninterrupted = in_child("uninterrupted")
        assert code == 0
        UNINTERRUPTED.append(numbers(uninterrupted.path))
    assert numbers(entry.path) == UNINTERRUPTED[0]
    assert {path.name for path in entry.path.iterdir()} == {"Config.json", "Result.json", "Runs"}


def numbers(entry):
    """Returns the epochs without their seconds, and the bytes of the weights."""
    epochs = json.loads((entry / "Runs/000/Run.json").read_text())["Epochs"]
    weights = [(entry / f"Runs/000/{which}.safetensors").read_bytes() for which in ("Last", "Best")]
    return [{**epoch, "Seconds": 0} for epoch in epochs], weights
