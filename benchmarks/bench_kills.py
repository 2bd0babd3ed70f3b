"""Kills runs with SIGKILL at uniformly random moments, and compares the finished runs with an uninterrupted one.

    python benchmarks/bench_kills.py [KILLS [SEED]]

Each run is restarted after every kill until it is finished. The moments are uniform over the duration of a whole run,
so that its start, steps, checkpoints and commit are hit in proportion to their duration; an attempt that ends before
its moment finishes the run. Processes are forked from one that has imported torch and used none of its threads,
because the import takes longer than a run.
"""

import contextlib
import json
import mmap
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: a pool of threads does not survive a fork
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import torch
from tqdm import tqdm

from Arch.cache.entry import Entry
from Arch.callbacks import Requests, SilentWatcher
from Arch.config.config import Config
from Arch.errors import RunDoneError, StoppedError
from Arch.files import system_calls
from Arch.planning.workspace import Workspace
from Arch.sweep.worker import Worker
from benchmarks.machine import machine

tqdm.monitor_interval = 0  # torch.fx creates a bar, whose monitor is a thread, for each graph that it runs

KILLS = 300
PHASES = ("preparing", "training", "checkpointing", "committing")
STEPS_BETWEEN_REQUESTS = 37  # for a checkpoint, so that some are inside an epoch
CONFIG = {
    "Dataset": "Synthetic",
    "SyntheticSamples": 512,
    "Model": "MLP",
    "MLPWidths": [256, 256],
    "MLPDropout": 0.2,
    "DataAugmentation": True,
    "CropPadding": 1,
    "Validation": 0.25,
    "EMADecay": 0.9,
    "Optimizer": "AdamW",
    "BatchSize": 16,
    "NumEpochs": 12,
    "CheckpointInterval": 2,
}


def main(kills: int = KILLS, seed: int = 0) -> int:
    """Kills `kills` times, prints the count of each phase; returns 1 if a run differs from the uninterrupted one."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder))
        life = statistics.median(lab.time(f"alone {number}") for number in range(3))
        expected = lab.observe("alone 0")
        hit: Counter[str] = Counter()
        runs, unlike = 0, 0
        while sum(hit.values()) < kills:
            phase = lab.attempt(f"run {runs}", draw.uniform(0, life))
            if phase:
                hit[phase] += 1
            else:
                unlike += lab.observe(f"run {runs}") != expected
                runs += 1
        lab.time(f"run {runs}")
        unlike += lab.observe(f"run {runs}") != expected
    print(f"{machine()}, torch {torch.__version__}, 1 thread; an uninterrupted run takes {life:.2f} s")
    print(f"{kills} kills (seed {seed}): {', '.join(f'{phase} {hit[phase]}' for phase in PHASES)}")
    print(f"{runs + 1 - unlike} of {runs + 1} killed runs ended with the bytes of the uninterrupted one")
    return int(bool(unlike))


class Lab:
    """Runs the same experiment in several folders, each in a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        """Runs the experiment once, so that forked processes have everything imported."""
        self._folder = folder
        (folder / "phase").write_bytes(b"\0")
        with (folder / "phase").open("r+b") as file:
            self._phase = mmap.mmap(file.fileno(), 1)
        with contextlib.suppress(StoppedError):
            self._make("warm", is_left=True)
        self._make("warm")
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads > 1:
            raise SystemExit(f"{threads} threads are alive, of which a fork would copy only one")

    def start(self, name: str) -> int:
        """Starts an attempt at the run in the folder `name`, and returns the process's id."""
        self._phase[0] = PHASES.index("preparing")
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                self._make(name)
                code = 0
            finally:
                os._exit(code)
        return pid

    def attempt(self, name: str, seconds: float) -> str:
        """Kills an attempt after some seconds; returns the phase that was hit, or nothing if the run had finished."""
        pid = self.start(name)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                if status:
                    raise SystemExit(f"an attempt ended by itself with {status}")
                return ""
            time.sleep(min(1e-3, max(0.0, deadline - time.monotonic())))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        return PHASES[self._phase[0]] if os.WIFSIGNALED(status) else ""

    def time(self, name: str) -> float:
        """Returns the seconds of an uninterrupted attempt."""
        begin = time.monotonic()
        _, status = os.waitpid(self.start(name), 0)
        if status:
            raise SystemExit(f"an attempt ended by itself with {status}")
        return time.monotonic() - begin

    def observe(self, name: str) -> object:
        """Returns a run's weights, its record without times, and the names of the other files of its entry."""
        entry = self._entry(name)[0]
        folder = entry.run_folder(0)
        record = json.loads((folder / "Run.json").read_text())
        for key in ("attempts", "begin", "end", "device_seconds", "startup_seconds"):
            del record["Provenance"][key]
        del record["Seconds"]
        for epoch in record["Epochs"]:
            del epoch["Seconds"]
        with contextlib.suppress(RunDoneError):
            entry.take(0)  # removes what a kill during the commit left
        left = {path.name for path in entry.path.iterdir()} - {"Result.json"}
        return record, [path.read_bytes() for path in sorted(folder.glob("*.safetensors"))], left

    def _entry(self, name: str) -> tuple[Entry, Config, Workspace]:
        workspace = Workspace.at(self._folder / name, self._folder / "data")
        config = workspace.resolver.resolve(CONFIG)
        return workspace.store.entry(config), config, workspace

    def _make(self, name: str, *, is_left: bool = False) -> None:
        _, config, workspace = self._entry(name)
        watcher = PhaseWatcher(self._phase)
        watcher.requests.is_stop_requested = is_left
        original, system_calls._step = system_calls._step, watcher.step
        try:
            Worker(workspace.store, workspace.data, "cpu", watcher, watcher.requests).train(config)
        finally:
            system_calls._step = original


class PhaseWatcher(SilentWatcher):
    """Writes a run's phase into shared memory, and requests a checkpoint now and then."""

    def __init__(self, phase: mmap.mmap) -> None:
        """Takes one byte of shared memory."""
        self.requests = Requests()
        self._phase, self._steps = phase, 0

    def step_done(self) -> None:
        """Records the phase, and requests a checkpoint after some steps."""
        self._record("training")
        self._steps += 1
        if self._steps % STEPS_BETWEEN_REQUESTS == 0:
            self.requests.checkpoint()

    def step(self, verb: str, path: str | os.PathLike[str], function: Callable[..., Any], *arguments: Any) -> Any:
        """Derives the phase from each file-system call."""
        name = os.fspath(path)
        if verb == "write":
            if "checkpoint-" in name:
                self._record("checkpointing")
            elif "/staging-" in name:
                self._record("committing")
            elif name.endswith("/log.txt") and self._phase[0] == PHASES.index("checkpointing"):
                self._record("training")
        return function(*arguments)

    def _record(self, phase: str) -> None:
        self._phase[0] = PHASES.index(phase)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
