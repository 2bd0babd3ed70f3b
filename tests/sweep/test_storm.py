"""Several sweeps on one folder, some of them killed: no run is lost, and only killed runs are repeated."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from Arch.cache.store import Store
from tests.repository import ROOT

TINY = {"Dataset": "Synthetic", "Model": "MLP"}


class Folder:
    """Configs, a cache, and the sweeps on them."""

    def __init__(self, path, configs, steps):
        self.path, self.steps = path, steps
        (path / "configs").mkdir()
        for seed in range(configs):
            taught = {"VanillaKD": True, "Teacher": {**TINY, "Seed": 1000 + seed // 10}} if seed % 3 == 0 else {}
            (path / f"configs/{seed:03d}.json").write_text(json.dumps({**TINY, "Seed": seed, **taught}))

    def start(self, verb=("-e",)):
        stub = {"trace": str(self.path / "trace"), "steps": self.steps, "pause": 0.01}
        words = [*verb, str(self.path / "configs"), "--cache", str(self.path / "cache"), "--workers", "2", "--quiet"]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.sweep.stub_main", *words],
            cwd=ROOT,
            env={**os.environ, "STUB": json.dumps(stub)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def starts(self):
        """Returns each start of a run: (fingerprint, run), attempt, process."""
        path = self.path / "trace"
        lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [((fingerprint, int(run)), int(attempt), int(pid)) for fingerprint, run, attempt, pid in lines]

    def runs(self):
        return [
            (entry.fingerprint, index)
            for entry in Store(self.path / "cache").entries()
            for index in entry.run_indices()
        ]


def expected_runs(configs):
    """Returns the expected number: one run each, and a teacher per ten configs for every third config."""
    return configs + len({seed // 10 for seed in range(configs) if seed % 3 == 0})


@pytest.mark.slow
@pytest.mark.parametrize(("count", "configs"), [(2, 4), (8, 100)])
def test_several_sweeps_at_once_start_every_run_once(tmp_path, count, configs):
    folder = Folder(tmp_path, configs, steps=2)
    sweeps = [folder.start() for _ in range(count)]
    for sweep in sweeps:
        _, err = sweep.communicate(timeout=500)
        assert (sweep.returncode, err) == (0, "")
    starts = Counter(name for name, _, _ in folder.starts())
    assert set(starts.values()) == {1}
    assert set(starts) == set(folder.runs())
    assert len(starts) == expected_runs(configs)


@pytest.mark.slow
def test_two_sweeps_with_random_kills_lose_nothing_and_repeat_only_killed_runs(tmp_path):
    folder, rng = Folder(tmp_path, configs=150, steps=20), random.Random(0)
    sweeps = [folder.start(), folder.start()]
    kills, until = Counter(), time.monotonic() + 400
    while any(sweep.poll() is None for sweep in sweeps):
        assert time.monotonic() < until, "it never ends"
        time.sleep(rng.uniform(0.2, 1.2))
        if rng.random() < 0.7:
            kills["workers"] += kill_one_of([pid for _, _, pid in folder.starts()[-4:]], rng)
        elif kills["sweeps"] < 8:
            victim = rng.randrange(2)
            kills["sweeps"] += kill_one_of([sweeps[victim].pid], rng)
            sweeps[victim].communicate()
            sweeps[victim] = folder.start()
    # A run that was killed three times without progress is a failure until it is retried on request.
    folder.start(("retry",)).communicate(timeout=300)
    last = folder.start()
    for sweep in (*sweeps, last):
        _, err = sweep.communicate(timeout=300)
    assert (last.returncode, err) == (0, "")
    assert min(kills["workers"], kills["sweeps"]) > 3
    assert len(folder.runs()) == expected_runs(150)
    check_repetitions(folder, kills)


def check_repetitions(folder, kills):
    """Checks that attempts are unique, and that there are no more repetitions than killed workers."""
    attempts = {}
    for name, attempt, _ in folder.starts():
        attempts.setdefault(name, []).append(attempt)
    assert set(attempts) == set(folder.runs())
    assert all(len(set(numbers)) == len(numbers) for numbers in attempts.values())
    repeated = sum(len(numbers) - 1 for numbers in attempts.values())
    # killing a sweep also ends its two workers
    assert repeated <= kills["workers"] + 2 * kills["sweeps"]


def kill_one_of(pids, rng):
    """Kills one of the processes if it is alive; returns whether it did."""
    pid = rng.choice(pids) if pids else 0
    try:
        if not pid or Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
            return False
        os.kill(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True
