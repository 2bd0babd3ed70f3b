"""Stamps of files and folders that other programs may change: size and time, without reading their content."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from Arch.errors import DiskError
from Arch.files.system_calls import AnyPath, look

_MOST_FOLDERS = 10_000  # that a stamp looks at, so that it stays fast
_DEPTH = 2  # of subfolders: split/class


@dataclass(frozen=True)
class Stamp:
    """Size and modification time of a file or folder, at the time when they were read.

    The time of a folder changes when a name in it is added or removed, so that the stamp of a folder, which covers two
    levels of subfolders, does not show that a file in it was overwritten in place.

    Attributes:
        path: its path.
        size: of a file in bytes; of a folder the number of the folders that the stamp covers.
        changed: the latest modification, in nanoseconds since 1970.
    """

    path: str
    size: int
    changed: int

    def is_like(self, other: Stamp) -> bool:
        """Returns whether the content is probably the same, whatever the path."""
        return (self.size, self.changed) == (other.size, other.changed)


def stamps_of(paths: Iterable[AnyPath]) -> tuple[Stamp, ...]:
    """Returns the stamps of those paths that exist and can be read."""
    found = ((os.fspath(path), _status(path)) for path in paths)
    return tuple(_stamp(path, status) for path, status in found if status is not None)


def stamps_from(record: Any) -> tuple[Stamp, ...]:
    """Returns the stamps of a record; none if it is no list of [path, size, time]."""
    if not isinstance(record, list):
        return ()
    rows = [each for each in record if isinstance(each, list) and [*map(type, each)] == [str, int, int]]
    return tuple(Stamp(*each) for each in rows)


def record_of(stamps: Iterable[Stamp]) -> list[list[str | int]]:
    """Returns stamps as plain JSON values."""
    return [[each.path, each.size, each.changed] for each in stamps]


def _stamp(path: str, status: os.stat_result) -> Stamp:
    if not stat.S_ISDIR(status.st_mode):
        return Stamp(path, status.st_size, status.st_mtime_ns)
    times = [status.st_mtime_ns, *itertools.islice(_times_below(path, _DEPTH), _MOST_FOLDERS)]
    return Stamp(path, len(times), max(times))


def _times_below(folder: str, depth: int) -> Iterator[int]:
    """Yields the modification times of subfolders, in the order of their names; links are not followed."""
    for name in sorted(_subfolders(folder)) if depth else ():
        path = f"{folder}/{name}"
        if status := _status(path):
            yield status.st_mtime_ns
        yield from _times_below(path, depth - 1)


def _subfolders(folder: str) -> list[str]:
    try:
        with look(folder, os.scandir, folder) as entries:
            return [each.name for each in entries if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _status(path: AnyPath) -> os.stat_result | None:
    try:
        return look(path, os.stat, path)
    except (FileNotFoundError, DiskError, ValueError):  # a path with a null character raises ValueError
        return None
