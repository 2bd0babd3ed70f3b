"""Measures a sweep's overhead: runs whose workers train nothing, one after the other."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import machine

ROOT = Path(__file__).resolve().parents[1]
RUNS = 40
STARTS = 10


def main() -> None:
    """Sweeps configs with stub workers; prints the time per run, and Python's start as a part of it."""
    sweep = [sys.executable, "-m", "tests.sweep.stub_main", "--workers", "1", "--quiet"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(RUNS):
            config = {"Dataset": "Synthetic", "Model": "MLP", "Seed": seed}
            (folder / f"{seed}.json").write_text(json.dumps(config))
        words = ["-e", name, "--cache", str(folder / "cache")]
        first = seconds([*sweep, *words])
        again = seconds([*sweep, *words])
    start = min(seconds([sys.executable, "-c", "pass"]) for _ in range(STARTS))
    each = (first - again) / RUNS
    print(machine())
    print(f"a run that trains nothing, in a process of its own: {each:.3f} s, of which Python's start {start:.3f} s")
    print(f"the sweep itself: {again:.3f} s before the first run; aim: below 0.5 s a run beyond importing torch")


def seconds(command: list[str]) -> float:
    """Returns the wall time of a program whose workers take one step."""
    start = time.perf_counter()
    environment = {**os.environ, "STUB": json.dumps({"steps": 1, "pause": 0.0})}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
