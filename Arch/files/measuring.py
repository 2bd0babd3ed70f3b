"""How much a file or folder holds and when it was last changed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from Arch.files.door import AnyPath, look
from Arch.files.reading import list_folder


@dataclass(frozen=True)
class Measure:
    """What all files at or below a path come to.

    Attributes:
        size: their bytes.
        changed: when the latest change of any of them or of the folders was, in seconds since 1970; 0 for nothing.
    """

    size: int
    changed: float


def measure(path: AnyPath) -> Measure:
    """Adds up what is there; links count as themselves, and what vanishes meanwhile as nothing.

    Raises:
        DiskError: something cannot be looked at.
    """
    try:
        status = look(path, os.lstat, path)
    except FileNotFoundError:
        return Measure(0, 0.0)
    if not stat.S_ISDIR(status.st_mode):
        return Measure(status.st_size, status.st_mtime)
    parts = [measure(f"{os.fspath(path)}/{name}") for name in list_folder(path)]
    return Measure(sum(part.size for part in parts), max([status.st_mtime, *(part.changed for part in parts)]))
