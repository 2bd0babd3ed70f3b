"""`Failure.json`: why the last attempt at a run came to nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.cache import layout
from Arch.cache.fields import Fields
from Arch.errors import CorruptEntryError


@dataclass(frozen=True)
class Failure:
    """An attempt at a run that ended in an error.

    Attributes:
        run: the run's index.
        error: the error's class.
        message: what it said.
        traceback: where it came from, as Python prints it.
        time: when, in UTC, as `2025-01-31T12:00:00Z`.
    """

    run: int
    error: str
    message: str
    traceback: str
    time: str

    def __str__(self) -> str:
        """The class and the message."""
        return f"{self.error}: {self.message}"


def record(folder: Path, run: int, error: BaseException) -> None:
    """Writes down, in the run's work folder, that an attempt failed. Raises CacheAccessError."""
    import traceback  # a cached answer reads failures at most and must not pay for this

    document = {
        "Run": run,
        "Error": type(error).__name__,
        "Message": str(error),
        "Traceback": "".join(traceback.format_exception(error)),
        "Time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    files.write_json(folder / layout.FAILURE, document)


def latest(work: str, is_missing: Callable[[int], bool]) -> Failure | None:
    """The latest failure among the runs that are missing, or None where none of them failed.

    Args:
        work: an entry's `Work` folder.
        is_missing: whether the run of an index is still to be made; a failure before a success is history.
    """
    runs = filter(is_missing, layout.run_indices(files.list_folder(work)))
    found = [failure for run in runs for failure in _read(work, run)]
    return max(found, key=lambda failure: failure.time, default=None)


def _read(work: str, run: int) -> list[Failure]:
    path = f"{work}/{layout.run_name(run)}/{layout.FAILURE}"
    try:
        fields = Fields(files.read_json(path), path)
        texts = [fields.text(name) for name in ("Error", "Message", "Traceback", "Time")]
    except FileNotFoundError:
        return []
    except CorruptEntryError as problem:
        return [Failure(run, "CorruptEntryError", str(problem), "", "")]
    return [Failure(run, *texts)]
