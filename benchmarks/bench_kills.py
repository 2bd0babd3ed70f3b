"""kill -9 at moments uniform over a run's whole life: what the next attempts make of it, beside a run left alone.

    python benchmarks/bench_kills.py [KILLS [SEED]]

Each run is started again after every kill until it is there. The moments are drawn evenly from the time that a whole
run takes, so that its beginning, its steps, its checkpoints and its commit are hit as often as they last; an attempt
that ends before its moment was the run's last. Processes are forked from one that has imported torch and used none of
its threads, because an import takes longer than a run.
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
from Arch.files import door
from Arch.planning.workspace import Workspace
from Arch.sweep.worker import Worker
from benchmarks.machine import machine

tqdm.monitor_interval = 0  # torch.fx makes a bar for each graph it runs, shown or not, and its monitor is a thread

KILLS = 300
PHASES = ("preparing", "training", "checkpointing", "committing")
STEPS_BETWEEN_REQUESTS = 37  # of a checkpoint, so that some lie inside an epoch
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
    """Kills runs so many times and says how often each phase was hit; 1 if a run differs from the one left alone."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        laboratory = Laboratory(Path(folder))
        life = statistics.median(laboratory.time(f"alone {number}") for number in range(3))
        expected = laboratory.observe("alone 0")
        hit: Counter[str] = Counter()
        runs, unlike = 0, 0
        while sum(hit.values()) < kills:
            phase = laboratory.attempt(f"run {runs}", draw.uniform(0, life))
            if phase:
                hit[phase] += 1
            else:
                unlike += laboratory.observe(f"run {runs}") != expected
                runs += 1
        laboratory.time(f"run {runs}")
        unlike += laboratory.observe(f"run {runs}") != expected
    print(f"{machine()}, torch {torch.__version__}, 1 thread; a run left alone takes {life:.2f} s")
    print(f"{kills} kills (seed {seed}): {', '.join(f'{phase} {hit[phase]}' for phase in PHASES)}")
    print(f"{runs + 1 - unlike} of {runs + 1} killed runs ended with the bytes of the one left alone")
    return int(bool(unlike))


class Laboratory:
    """Makes the same run in folders of its own, each in a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        """Takes where the caches go, and makes a run that imports for all processes what one needs."""
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
        """Begins an attempt at the run in the folder `name`; the process's id."""
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
        """Kills an attempt after so many seconds: the phase that was hit, or nothing if the run was there by then."""
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
        """Seconds of an attempt that nobody disturbs."""
        begin = time.monotonic()
        _, status = os.waitpid(self.start(name), 0)
        if status:
            raise SystemExit(f"an attempt ended by itself with {status}")
        return time.monotonic() - begin

    def observe(self, name: str) -> object:
        """All that a run is: its weights byte by byte and its record without times; and what else its entry holds."""
        entry = self._entry(name)[0]
        folder = entry.run_folder(0)
        record = json.loads((folder / "Run.json").read_text())
        for key in ("attempts", "device_seconds"):
            del record["Provenance"][key]
        del record["Seconds"]
        for epoch in record["Epochs"]:
            del epoch["Seconds"]
        with contextlib.suppress(RunDoneError):
            entry.take(0)  # whoever wants a run that is there sweeps up what a kill amid its commit left
        left = {path.name for path in entry.path.iterdir()} - {"Result.json"}
        return record, [path.read_bytes() for path in sorted(folder.glob("*.safetensors"))], left

    def _entry(self, name: str) -> tuple[Entry, Config, Workspace]:
        workspace = Workspace.at(self._folder / name, self._folder / "data")
        config = workspace.resolver.resolve(CONFIG)
        return workspace.store.entry(config), config, workspace

    def _make(self, name: str, *, is_left: bool = False) -> None:
        _, config, workspace = self._entry(name)
        teller = Teller(self._phase)
        teller.requests.is_stop_requested = is_left
        honest, door._step = door._step, teller.step
        try:
            Worker(workspace.store, workspace.data, "cpu", teller, teller.requests).train(config)
        finally:
            door._step = honest


class Teller(SilentWatcher):
    """Writes into shared memory which phase a run is in, and asks for a checkpoint now and then."""

    def __init__(self, phase: mmap.mmap) -> None:
        """Takes one byte of shared memory."""
        self.requests = Requests()
        self._phase, self._steps = phase, 0

    def step_done(self) -> None:
        """Tells that it trains, and counts."""
        self._tell("training")
        self._steps += 1
        if self._steps % STEPS_BETWEEN_REQUESTS == 0:
            self.requests.checkpoint()

    def step(self, verb: str, path: str | os.PathLike[str], function: Callable[..., Any], *arguments: Any) -> Any:
        """Stands at the door: what is written tells the phase."""
        name = os.fspath(path)
        if verb == "write":
            if "checkpoint-" in name:
                self._tell("checkpointing")
            elif "/staging-" in name:
                self._tell("committing")
            elif name.endswith("/log.txt") and self._phase[0] == PHASES.index("checkpointing"):
                self._tell("training")
        return function(*arguments)

    def _tell(self, phase: str) -> None:
        self._phase[0] = PHASES.index(phase)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
