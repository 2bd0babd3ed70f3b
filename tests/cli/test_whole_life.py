"""The program from end to end: the demonstration, and runs that are killed at random moments."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from Arch.cache.store import Store
from tests.repository import ROOT

MAIN = [sys.executable, str(ROOT / "Scripts" / "main.py")]
CONFIG = {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [32], "NumEpochs": 6, "NumRuns": 2}

pytestmark = pytest.mark.slow


def test_the_demonstration_trains_shows_and_draws(tmp_path):
    done = subprocess.run([*MAIN, "--cache", "cache"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.count("(n=5)") == 2
    assert "teacher accuracy" in done.stdout
    figures = [tmp_path / line for line in done.stdout.splitlines() if line.startswith("figures/")]
    assert len(figures) == 4
    assert all(path.stat().st_size > 1000 for path in figures)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The weights of both runs, and the duration of the program."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    begin = time.monotonic()
    subprocess.run(command(folder), cwd=folder, capture_output=True, check=True)
    return weights(folder), time.monotonic() - begin


@pytest.mark.parametrize("trial", range(6))
def test_a_kill_leaves_whole_runs_and_the_same_command_completes_them(trial, uninterrupted, tmp_path):
    expected, seconds = uninterrupted
    process = subprocess.Popen(command(tmp_path), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(random.Random(trial).uniform(0.3, 1.0) * seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    left = weights(tmp_path)
    assert left == {index: expected[index] for index in left}
    subprocess.run(command(tmp_path), cwd=tmp_path, capture_output=True, check=True)
    assert weights(tmp_path) == expected


def command(folder):
    (folder / "config.json").write_text(json.dumps(CONFIG))
    return [*MAIN, "-c", "config.json", "--cache", "cache", "--quiet"]


def weights(folder):
    """Returns the bytes of each finished run's weights."""
    found = {}
    for entry in Store(folder / "cache").entries():
        found |= {index: entry.weights(index, "Last").read_bytes() for index in entry.run_indices()}
    return found
