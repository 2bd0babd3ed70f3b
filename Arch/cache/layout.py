"""The names of files and folders in an entry."""

from __future__ import annotations

from pathlib import Path

CONFIG = "Config.json"
RESULT = "Result.json"
RUN = "Run.json"
ARRAYS = "Arrays.safetensors"
MANIFEST = "manifest.json"
FAILURE = "Failure.json"
PROGRESS = "Progress.json"
EPOCHS = "Epochs.jsonl"
LOG = "log.txt"
EVENTS = "events"
STAGING = "staging-"
TRASH = ".trash"
MOST_RUNS = 100_000  # ten times as many as `NumRuns` may ask for
_LONGEST_NAME = len(str(MOST_RUNS - 1))


def runs(entry: Path) -> str:
    """Returns the folder of the finished runs, as a string: one command needs ten thousand of these."""
    return f"{entry}/Runs"


def work(entry: Path) -> str:
    """Returns the folder of the unfinished runs."""
    return f"{entry}/Work"


def claims(entry: Path) -> str:
    """Returns the folder of the claims on runs."""
    return f"{entry}/Claims"


def run_name(index: int) -> str:
    """Returns the name of a run's folder in each of these: `007`, `1234`."""
    return f"{index:03d}"


def weights_name(which: str) -> str:
    """Returns the name of the file of a run's `Last` or `Best` weights."""
    return f"{which}.safetensors"


def run_indices(names: list[str]) -> tuple[int, ...]:
    """Returns the sorted indices of those names that are run folders; other names are ignored."""
    return tuple(sorted(int(name) for name in names if _is_run_name(name)))


def _is_run_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and name.isdecimal() and run_name(int(name)) == name


def removal(entry: Path, run: int | None = None) -> str:
    """Returns the command that removes an entry, or one run of it, from the cache, for messages."""
    return f"`main.py rm {entry.name[:12]}{'' if run is None else f' --run {run}'} --apply`"


def is_below(place: str) -> bool:
    """Returns whether a relative path, with `/`, leads below the folder where it starts, by its names alone."""
    return "\0" not in place and all(name not in ("", ".", "..") for name in place.split("/"))


def is_fingerprint(name: str) -> bool:
    """Returns whether a name is 32 lower-case hex digits."""
    return len(name) == 32 and set(name) <= set("0123456789abcdef")
