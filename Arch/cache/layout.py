"""Where things stand in an entry's folder."""

from __future__ import annotations

from pathlib import Path

CONFIG = "Config.json"
RESULT = "Result.json"
RUN = "Run.json"
MANIFEST = "manifest.json"
FAILURE = "Failure.json"
PROGRESS = "Progress.json"
LOG = "log.txt"
EVENTS = "events"
STAGING = "staging-"
TRASH = ".trash"


def runs(entry: Path) -> str:
    """The folder of the finished runs; a string, because ten thousand of these are asked for in one command."""
    return f"{entry}/Runs"


def work(entry: Path) -> str:
    """The folder of the runs in hand."""
    return f"{entry}/Work"


def claims(entry: Path) -> str:
    """The folder of the claims on runs."""
    return f"{entry}/Claims"


def run_name(index: int) -> str:
    """What a run's folder is called in either: `007`, `1234`."""
    return f"{index:03d}"


def run_indices(names: list[str]) -> tuple[int, ...]:
    """The indices, sorted, of those names that are a run folder's; whatever else lies there is not ours."""
    return tuple(sorted(int(name) for name in names if name.isdecimal() and run_name(int(name)) == name))


def removal(entry: Path, run: int | None = None) -> str:
    """The command that takes an entry, or one run of it, out of the cache, for messages that have no other way out."""
    return f"`main.py rm {entry.name[:12]}{'' if run is None else f' --run {run}'} --apply`"


def is_fingerprint(name: str) -> bool:
    """Whether a name is 32 lower-case hex digits."""
    return len(name) == 32 and set(name) <= set("0123456789abcdef")
