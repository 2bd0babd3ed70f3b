"""Sweeps and single runs with real training: interrupted in the middle, completed by the same command."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from Arch.cache.attempts.attempt import State, attempt_at
from Arch.cache.store import Store
from tests.repository import ROOT

MAIN = [sys.executable, str(ROOT / "Scripts" / "main.py")]
LONG = {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [64], "NumEpochs": 400, "TrainSamples": 600}
SHORT = {**LONG, "NumEpochs": 2}

pytestmark = pytest.mark.slow


def start(folder, *words):
    return subprocess.Popen(
        [*MAIN, *words, "--cache", "cache", "--device", "cpu"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_restore_ctrl_c,  # noqa: PLW1509 - this process has no threads
    )


def _restore_ctrl_c():
    """Restores the handler of SIGINT, which the children of a test suite in the background ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finished(process):
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def running(folder):
    """Returns the active runs that have made progress."""
    attempts = [(entry, attempt) for entry in Store(folder / "cache").entries() for attempt in entry.attempts()]
    works = [entry.work(attempt.run) for entry, attempt in attempts if attempt.state is State.RUNNING]
    return [work for work in works if "begins" in last_attempt(work) or "resumes" in last_attempt(work)]


def last_attempt(work):
    """Returns the lines of the log since the latest attempt started."""
    return work.log_tail(999).rpartition(", attempt ")[2]


def wait_for_a_run(folder):
    until = time.monotonic() + 200
    while not running(folder):
        assert time.monotonic() < until
        time.sleep(0.1)
    time.sleep(0.3)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_single_run_is_checkpointed_and_resumed(number, code, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(LONG))
    process = start(tmp_path, "-c", "config.json")
    wait_for_a_run(tmp_path)
    process.send_signal(number)
    assert finished(process)[0] == code
    (entry,) = Store(tmp_path / "cache").entries()
    work = entry.work(0)
    assert (attempt_at(work).state, work.checkpoints.step() > 0) == ("stopped", True)
    process = start(tmp_path, "-c", "config.json")
    wait_for_a_run(tmp_path)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert finished(process)[0] == 130


def test_a_killed_sweep_is_completed_by_the_same_command_with_as_many_threads(tmp_path):
    (tmp_path / "configs").mkdir()
    for seed in range(2):
        taught = {**SHORT, "Seed": seed, "VanillaKD": True, "Teacher": {**LONG, "Seed": 9}}
        (tmp_path / f"configs/{seed}.json").write_text(json.dumps(taught))
    words = ["-e", "configs", "--workers", "2", "--threads", "1"]
    process = start(tmp_path, *words)
    wait_for_a_run(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    code, out, err = finished(start(tmp_path, *words))
    assert (code, out.count("(n=1)")) == (0, 2), err
    entries = list(Store(tmp_path / "cache").entries())
    assert len(entries) == 3
    assert {entry.run(0).provenance["threads"] for entry in entries} == {1}
