"""Measures a cached answer, `main.py -c` on a finished experiment, beside the interpreter's start."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import machine

MAIN = Path(__file__).resolve().parents[1] / "Scripts" / "main.py"
CONFIG = '{"Dataset": "Synthetic", "Model": "MLP", "MLPWidths": [8], "NumEpochs": 2, "NumRuns": 3}'
REPEATS = 30


def main() -> None:
    """Measures all commands and prints their medians."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.json"
        config.write_text(CONFIG)
        cached = [sys.executable, str(MAIN), "-c", str(config), "--cache", folder, "--quiet"]
        subprocess.run(cached, check=True, capture_output=True)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "main.py -c (cached)": cached,
            "main.py --help": [sys.executable, str(MAIN), "--help"],
            "python -c 'import torch'": [sys.executable, "-c", "import torch"],
        }
        seconds = {name: measured(command, 5 if "torch" in name else REPEATS) for name, command in commands.items()}
    print(machine())
    start = seconds["python -c pass"]
    for name, value in seconds.items():
        print(f"{name:<26} {1000 * value:7.1f} ms   {1000 * (value - start):7.1f} ms beyond the interpreter's start")


def measured(command: list[str], repeats: int) -> float:
    """Returns the median wall time of a command in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
