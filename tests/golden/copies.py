"""A copy of the golden cache with its configs, and what its files hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.golden.outputs import GOLDEN, then

COPIED = ("cache", "configs", "plugin", "weights")


def golden_copy(folder: Path) -> Path:
    """Copies what tests may change into `folder`, which need not exist, and returns it."""
    for name in COPIED:
        shutil.copytree(GOLDEN / name, folder / name, copy_function=shutil.copyfile)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Returns the bytes of each file below a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fingerprint_of(config: str) -> str:
    """Returns the name that the old version gave a config's experiment."""
    return next(each["fingerprint"] for each in then("plan") if f"configs/{config}.json" in each["asked_by"])


def entry_of(golden: Path, config: str) -> Path:
    """Returns the folder of a config's experiment."""
    return golden / "cache" / fingerprint_of(config)


def run_count(golden: Path, config: str) -> int:
    """Returns how many finished runs a config's experiment has."""
    return len(list((entry_of(golden, config) / "Runs").iterdir()))


def run_of(golden: Path, config: str, run: int) -> dict[str, Any]:
    """Returns what a finished run's `Run.json` holds."""
    return json.loads((entry_of(golden, config) / f"Runs/{run:03d}/Run.json").read_text(encoding="utf-8"))


def scores_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Returns the scores in the JSON of results, by fingerprint."""
    return {row["Fingerprint"]: row["Scores"] for row in rows}
