"""Measures the store's share of a training: log lines, progress, checkpoints, heartbeats, and the commit of a run."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from Arch import files
from Arch.cache.attempts.progress import Progress
from Arch.cache.entry import Entry
from Arch.cache.store import Store
from Arch.types import Epoch, Run
from benchmarks.machine import machine

RUNS, EPOCHS, EVERY = 10, 100, 10
PAYLOAD = bytes(range(256)) * 400  # 100 KiB: the state of a small network and its optimizer
WEIGHTS = PAYLOAD[: len(PAYLOAD) // 2]


@dataclass(frozen=True)
class Asked:
    """The part of a config that the store reads."""

    fingerprint: str = "0" * 32
    active: Mapping[str, Any] = field(default_factory=lambda: {"Model": "resnet8"})
    versions: Mapping[str, int] = field(default_factory=dict)

    def default_of(self, key: str) -> Any:
        """Raises KeyError: no key has a default."""
        raise KeyError(key)

    def document(self) -> Mapping[str, Any]:
        """Returns the content of `Config.json`."""
        return {"Fingerprint": self.fingerprint, "Active": self.active, "Defaults": {}, "References": {}}


class Stopwatch:
    """Records the milliseconds of each kind of call."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def __call__(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function and records its time."""
        start = time.perf_counter()
        result = function(*arguments)
        self.taken.setdefault(what, []).append(1e3 * (time.perf_counter() - start))
        return result

    def median(self, what: str) -> float:
        """Returns the median in milliseconds."""
        return statistics.median(self.taken[what])


def main() -> None:
    """Writes the runs and prints the medians."""
    clock = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        entry = Store(Path(folder)).entry(Asked())
        clock("open an entry", entry.open, Asked())
        for index in range(RUNS):
            make_run(entry, index, clock)
    print(machine())
    for what, taken in clock.taken.items():
        print(f"{what:<24} {clock.median(what):7.3f} ms   (slowest {max(taken):.3f} ms, of {len(taken)})")
    usual = clock.median("log line") + clock.median("checkpoint of 100 KiB") / EVERY
    print(f"an epoch of a millisecond costs {usual + clock.median('progress') / 1e3:.3f} ms")
    print(f"an epoch of a second or more costs {usual + clock.median('progress'):.3f} ms")
    per_run = sum(clock.median(what) for what in ("take", "begin", "commit", "leave"))
    print(f"a run costs {per_run:.3f} ms beside its epochs")


def make_run(entry: Entry, index: int, clock: Stopwatch) -> None:
    """Writes one run through the store, from its lease to its commit, without any training."""
    lease, work = clock("take", entry.take, index), entry.work(index)
    clock("heartbeat", lease.beat)
    with lease:
        writer = clock("begin", entry.write_run(index, lease).__enter__)
        for epoch in range(1, EPOCHS + 1):
            clock("log line", work.write_log, f"epoch {epoch} of {EPOCHS}: loss 1.2345, accuracy 0.6789")
            clock("progress", work.save_progress, Progress(epoch, EPOCHS, epoch, EPOCHS, 1.0, "", {"accuracy": 0.5}))
            if epoch % EVERY == 0:
                clock("checkpoint of 100 KiB", work.checkpoints.save, epoch, PAYLOAD)
        files.write_synced(writer.folder / "Last.safetensors", WEIGHTS)
        clock("commit", writer.commit, run(index))
        clock("leave", writer.__exit__, None, None, None)


def run(index: int) -> Run:
    """Returns a run record with as many numbers as a training writes."""
    epochs = tuple(Epoch(i, {"loss": 1.25}, {"accuracy": 0.5}, {}, 0.1, 1.0) for i in range(1, EPOCHS + 1))
    return Run(index, 0, epochs, {"accuracy": 0.5}, 1.0, {"device": "cpu"})


if __name__ == "__main__":
    main()
