"""Sweeps that are started as a user starts them; their workers are stubs without torch."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from Arch.cache.store import Store
from tests.repository import ROOT

TINY = {"Dataset": "Synthetic", "Model": "MLP"}


class Place:
    """A folder with configs, in which sweeps are started."""

    def __init__(self, folder):
        self.folder, self.started = folder, []

    def write(self, count, **keys):
        (self.folder / "configs").mkdir(exist_ok=True)
        for seed in range(count):
            (self.folder / f"configs/{seed:03d}.json").write_text(json.dumps({**TINY, "Seed": seed, **keys}))

    def start(self, *words, stub=None, **streams):
        told = {"trace": str(self.folder / "trace"), **(stub or {})}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.sweep.stub_main", *map(str, words), "--cache", str(self.folder / "cache")],
            cwd=ROOT,
            env={**os.environ, "STUB": json.dumps(told)},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
            text=True,
            preexec_fn=_restore_ctrl_c,  # noqa: PLW1509 - this process has no threads
        )
        self.started.append(process)
        return process

    def sweep(self, *words, stub=None, **streams):
        return self.start("-e", self.folder / "configs", *words, stub=stub, **streams)

    def starts(self):
        """Returns the lines of the trace: fingerprint, run, attempt, pid."""
        path = self.folder / "trace"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def entries(self):
        return list(Store(self.folder / "cache").entries())

    def wait_for_starts(self, count):
        wait_for(lambda: len(self.starts()) >= count)


def _restore_ctrl_c():
    """Restores the handler of SIGINT, which the children of a test suite in the background ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    end(place.started)


def end(processes):
    """Kills those processes that still run, and closes the pipes to all of them."""
    for process in processes:
        if process.poll() is None:
            process.kill()
        for stream in filter(None, (process.stdout, process.stderr)):
            stream.close()
        process.wait()


def wait_for(condition, seconds=100):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.02)


def finished(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def states(place):
    """Returns the states of the unfinished runs."""
    return sorted(attempt.state.value for entry in place.entries() for attempt in entry.attempts())
