"""Stamps of source files, to notice that they may have changed since they were decoded."""

from __future__ import annotations

from pathlib import Path

from Arch.datasets.access import unreadable


def stamp_of(path: Path) -> str:
    """Returns the path, size and modification time of a file as text; raises DataError if it is missing."""
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return f"{path.resolve()} {found.st_size} {found.st_mtime_ns}"
