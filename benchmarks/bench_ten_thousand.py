"""Measures `status`, `plan` and `export` over 10,000 cached configs of 57 active keys, beside a lower bound."""

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import machine
from benchmarks.ten_thousand import ENTRIES, documents, fill_cache, write_configs

MAIN = Path(__file__).resolve().parents[1] / "Scripts" / "main.py"
REPEATS = 5


class Cost(NamedTuple):
    """Wall seconds, and processor seconds, which depend less on other load of the machine."""

    wall: float
    processor: float


def main() -> None:
    """Builds the cache, and measures all commands alternately, so that a slow moment affects them alike."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        configs, cache = f"{folder}/configs", f"{folder}/cache"
        write_configs(Path(configs))
        fill_cache(Path(cache), Path(configs))
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import pandas": [sys.executable, "-c", "import pandas"],
            "plan DIR": [sys.executable, str(MAIN), "plan", configs, "--cache", cache],
            "status DIR": [sys.executable, str(MAIN), "status", configs, "--cache", cache],
            "status": [sys.executable, str(MAIN), "status", "--cache", cache],
            "export": [sys.executable, str(MAIN), "export", "--cache", cache],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in ("floor", *commands)}
        for _ in range(REPEATS):
            costs["floor"].append(floor(cache))
            for name, command in commands.items():
                costs[name].append(measured(command))
    print(machine())
    least = {name: Cost(*map(min, zip(*several, strict=True))) for name, several in costs.items()}
    print(f"{'':<16}{'seconds':>9}{'processor':>11}{'ratio':>7}   of {ENTRIES} configs; ratios of processor time")
    for name, cost in least.items():
        ratio = cost.processor / least["floor"].processor
        print(f"{name:<16}{cost.wall:9.2f}{cost.processor:11.2f}{ratio:7.1f}")


def floor(cache: str) -> Cost:
    """Measures the lower bound: canonical JSON, its SHA-256 and one `exists` for each config, already in memory."""
    found = list(documents())

    def check_all() -> None:
        for document in found:
            text = json.dumps(document, sort_keys=True, separators=(",", ":"))
            Path(f"{cache}/{hashlib.sha256(text.encode()).hexdigest()[:32]}/Runs/000").exists()

    return timed(check_all, resource.RUSAGE_SELF)


def measured(command: list[str]) -> Cost:
    """Measures a command in a fresh process."""
    return timed(lambda: subprocess.run(command, check=True, capture_output=True), resource.RUSAGE_CHILDREN)


def timed(action: Callable[[], object], who: int) -> Cost:
    """Measures an action in this process, or in its children."""
    before, start = resource.getrusage(who), time.perf_counter()
    action()
    wall, after = time.perf_counter() - start, resource.getrusage(who)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
