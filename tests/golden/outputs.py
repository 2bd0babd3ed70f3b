"""The commands whose JSON is kept in json/, and what of it depends on the place of the cache."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).resolve().parent
MAIN = GOLDEN.parents[1] / "Scripts" / "main.py"
CACHE = ("--json", "--quiet", "--cache", "cache")
TRAIN = ("--device", "cpu", *CACHE)
OUTPUTS = {
    "show": ["show"],
    "status": ["status"],
    "status-configs": ["status", "configs"],
    "export": ["export"],
    "export-epochs": ["export", "--epochs"],
    "explain": ["explain", "configs/taught.json", "configs/taught_from_file.json", "configs/plugin.json"],
    "plan": ["plan", "configs"],
}
"""By the name of its file in json/, the words of a command that looks; to be run in a copy of this folder."""

FOLDER = "FOLDER"


def said_by_program(words: list[str], folder: Path) -> Any:
    """Returns the JSON that the present `Scripts/main.py` prints when it is run with `words` in `folder`."""
    command = [sys.executable, str(MAIN), *words, *CACHE]
    return json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout)


def normalised(said: Any, folder: Path) -> Any:
    """Replaces the path of the copy by FOLDER in all texts; it is the only thing that depends on machine and time.

    Everything else is read from the cache: scores, recorded times, hosts, paths and tracebacks of the version that
    made it. No verb here tells an age, and the seconds of `plan` are estimated from recorded ones.
    """
    if isinstance(said, dict):
        return {name: normalised(each, folder) for name, each in said.items()}
    if isinstance(said, list):
        return [normalised(each, folder) for each in said]
    return said.replace(str(folder), FOLDER) if isinstance(said, str) else said


def output_path(name: str) -> Path:
    """Returns the file of a command's golden output."""
    return GOLDEN / "json" / f"{name}.json"


def then(name: str) -> Any:
    """Returns a golden output."""
    return json.loads(output_path(name).read_text(encoding="utf-8"))
