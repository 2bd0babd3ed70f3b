"""Stamps: texts that differ when the files that images come from may have changed."""

from __future__ import annotations

from pathlib import Path

from Arch.datasets.access import unreadable


def stamp_of(path: Path) -> str:
    """A text that differs when a file may have changed; raises DataError if it is missing."""
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return f"{path.resolve()} {found.st_size} {found.st_mtime_ns}"
