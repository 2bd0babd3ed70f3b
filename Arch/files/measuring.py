"""The size of a file or folder and when it was last changed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from Arch.files.reading import list_folder
from Arch.files.system_calls import AnyPath, look


@dataclass(frozen=True)
class Measure:
    """The total of all files at or below a path.

    Attributes:
        size: in bytes.
        changed: the latest modification of any of the files or folders, in seconds since 1970; 0 if there are none.
    """

    size: int
    changed: float


def measure(path: AnyPath) -> Measure:
    """Measures a file, or a folder with its content; links are not followed, files removed meanwhile are not counted.

    Raises:
        DiskError: something cannot be read.
    """
    try:
        status = look(path, os.lstat, path)
    except FileNotFoundError:
        return Measure(0, 0.0)
    if not stat.S_ISDIR(status.st_mode):
        return Measure(status.st_size, status.st_mtime)
    parts = [measure(f"{os.fspath(path)}/{name}") for name in list_folder(path)]
    return Measure(sum(part.size for part in parts), max([status.st_mtime, *(part.changed for part in parts)]))
