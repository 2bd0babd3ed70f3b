"""Compares one worker of two threads with two workers of one thread each, on small trainings."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import machine

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 4
TRIALS = 3
WORKS = {
    "MLP, 40 epochs": {"Model": "MLP", "MLPWidths": [256, 256], "NumEpochs": 40},
    "resnet20, 4 epochs": {"Model": "resnet20", "NumEpochs": 4},
}
WAYS = {"1 worker x 2 threads": (1, 2), "2 workers x 1 thread": (2, 1)}


def main() -> None:
    """Sweeps four seeds of each network on Digits in both ways, alternately; prints the fastest of each."""
    print(machine())
    for work, config in WORKS.items():
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(TRIALS):
            for way, (workers, threads) in WAYS.items():
                times[way].append(seconds(config, workers, threads))
        spans_text = ", ".join(f"{way} {min(spans):.1f} s" for way, spans in times.items())
        print(f"{SEEDS} runs of {work} on Digits: {spans_text}")


def seconds(config: dict[str, object], workers: int, threads: int) -> float:
    """Returns the wall time of a sweep from an empty cache."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(SEEDS):
            (folder / f"{seed}.json").write_text(json.dumps({"Dataset": "Digits", "Seed": seed, **config}))
        command = [sys.executable, str(ROOT / "Scripts" / "main.py"), "-e", name, "--cache", str(folder / "cache")]
        how = ["--device", "cpu", "--workers", str(workers), "--threads", str(threads), "--quiet"]
        start = time.perf_counter()
        subprocess.run([*command, *how], check=True, capture_output=True)
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
