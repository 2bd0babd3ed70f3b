"""Sentences for what the system refuses: data that cannot be read, a folder that cannot be written."""

from __future__ import annotations

from pathlib import Path

from Arch.errors import DataError

ANOTHER_FOLDER = "Change its mode, or use another data folder."


def reason_of(error: OSError) -> str:
    """The system's own words, without the path that it puts behind them."""
    return (error.strerror or str(error)).lower()


def unreadable(path: Path, error: OSError, advice: str = "Check DataPath and who may read there.") -> DataError:
    """The error for what the system refuses to read."""
    return DataError(f"cannot read {path}: {reason_of(error)}. {advice}", path)


def unwritable(path: Path, error: OSError, what: str = "") -> DataError:
    """The error for what the system refuses to write at `path`; `what` says in words what it is."""
    return DataError(
        f"cannot write {what}{path}: {reason_of(error)}. Free some space, change its mode, or use another data folder.",
        path,
    )
