"""Measures `main.py plan` over 10,000 config files of 56 keys each: students of four teachers."""

import itertools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.machine import machine

ROOT = Path(__file__).resolve().parents[1]
MAIN = ROOT / "Scripts" / "main.py"
FILES = 10_000
KEYS = 56
WITHOUT_DEFAULT = ("DataName", "Teacher")


def main() -> None:
    """Writes the configs, plans them three times, and prints the fastest time."""
    with tempfile.TemporaryDirectory() as folder:
        write_configs(Path(folder) / "configs")
        command = [sys.executable, str(MAIN), "plan", f"{folder}/configs", "--cache", f"{folder}/cache"]
        times = []
        for _ in range(3):
            start = time.perf_counter()
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            times.append(time.perf_counter() - start)
    print(machine())
    print(done.stdout.splitlines()[-1])
    print(f"plan over {FILES} config files: {min(times):.2f} s ({1e6 * min(times) / FILES:.0f} microseconds each)")


def write_configs(folder: Path) -> None:
    """Writes configs with most keys of the rules, as shared configs have."""
    defaults = default_values()
    teachers = ("resnet32x4", "resnet56", "resnet110", "vgg13")
    grid = itertools.product(teachers, range(50), range(50))
    for number, (teacher, seed, temperature) in enumerate(itertools.islice(grid, FILES)):
        config = {
            **defaults,
            "Dataset": "CIFAR10",
            "Model": "resnet8x4",
            "VanillaKD": True,
            "Teacher": teacher,
            "Seed": seed,
            "Temperature": 1 + temperature / 10,
        }
        place = folder / teacher / f"{number:05d}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(config, indent=4))


def default_values() -> dict[str, object]:
    """Returns the first keys of the rules file with their defaults."""
    rules = json.loads((ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text())
    found: dict[str, object] = {}
    stanzas = [rules]
    for stanza in stanzas:
        for key, value in stanza.items():
            if ":" not in key and key not in WITHOUT_DEFAULT:
                found[key] = value
            elif key.strip(":") and isinstance(value, dict):
                stanzas.append(value)
    return dict(list(found.items())[: KEYS - len(("Teacher",))])


if __name__ == "__main__":
    main()
