"""Real programs whose terminal, reader or user goes away in the middle."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from Arch.cache.attempts.attempt import State
from Arch.cache.store import Store
from tests.cli.shared.sweeps import end, wait_for
from tests.repository import ROOT

MAIN = [sys.executable, str(ROOT / "Scripts" / "main.py")]
LONG = {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [16], "NumEpochs": 1500, "TrainSamples": 200}

ENDS = (signal.SIGINT, signal.SIGHUP)  # a suite in the background ignores them

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path):
    """Starts `main.py` with a config; what is left of it is killed."""
    started = []

    def start(*words, handler=signal.SIG_DFL, **keys):
        (tmp_path / "configs").mkdir(exist_ok=True)
        (tmp_path / "configs/config.json").write_text(json.dumps({**LONG, **keys}))
        process = subprocess.Popen(
            [*MAIN, *words, "--cache", "cache", "--device", "cpu", "--threads", "1"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: [signal.signal(each, handler) for each in ENDS],  # noqa: PLW1509 - no threads here
        )
        started.append(process)
        return process

    yield start
    end(started)


def progressed(folder):
    return list(folder.glob("cache/*/Work/000/Progress.json"))


def states(folder):
    return [attempt.state for entry in Store(folder / "cache").entries() for attempt in entry.attempts()]


def test_a_run_is_committed_when_its_output_is_closed(start, tmp_path):
    process = start("-c", "configs/config.json", NumEpochs=400)
    wait_for(lambda: progressed(tmp_path))
    process.stdout.close()
    process.stderr.close()
    assert process.wait(100) == 0
    (entry,) = Store(tmp_path / "cache").entries()
    assert entry.run_indices() == (0,)


@pytest.mark.parametrize("words", [("-c", "configs/config.json"), ("-e", "configs")])
def test_a_dropped_line_stops_a_run_with_a_checkpoint(words, start, tmp_path):
    process = start(*words)
    wait_for(lambda: progressed(tmp_path))
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)  # as shells and systems do
    assert process.wait(60) == 129
    assert states(tmp_path) == [State.STOPPED]
    assert next(Store(tmp_path / "cache").entries()).work(0).checkpoints.step() > 0


def test_a_run_under_nohup_continues(start, tmp_path):
    process = start("-c", "configs/config.json", handler=signal.SIG_IGN, NumEpochs=400)
    wait_for(lambda: progressed(tmp_path))
    process.send_signal(signal.SIGHUP)
    assert process.wait(100) == 0


def test_a_worker_that_gets_the_signal_itself_stops_with_a_checkpoint(start, tmp_path):
    process = start("-e", "configs")
    wait_for(lambda: progressed(tmp_path))
    (claim,) = tmp_path.glob("cache/*/Claims/000/*.json")
    os.kill(json.loads(claim.read_text())["Holder"]["Pid"], signal.SIGHUP)
    assert process.wait(60) == 1
    assert states(tmp_path) == [State.STOPPED]


@pytest.mark.parametrize("words", [("-c", "configs/config.json"), ("-e", "configs")])
def test_ctrl_c_while_libraries_are_imported_stops_at_once(words, start, tmp_path):
    process = start(*words)
    wait_for(lambda: process.poll() is not None or list(tmp_path.glob("cache/*/Claims/000/*.json")) or mapped(process))
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    line = next(line for line in iter(process.stderr.readline, b"") if b"Ctrl-C" in line)
    answered = time.monotonic() - begin
    assert re.match(rb"Ctrl-C: (checkpointing and )?stopping", line)
    assert answered < 1.0
    assert process.wait(30) == 130
    assert set(states(tmp_path)) <= {State.STOPPED}


def mapped(process):
    """Returns whether a process has loaded the library of torch."""
    return "libtorch" in Path(f"/proc/{process.pid}/maps").read_text()
