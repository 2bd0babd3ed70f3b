"""The size of a file or folder and when it was last changed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from Arch.errors import DiskError
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
    """Measures a file, or a folder with its content.

    Links are not followed. Files that are removed meanwhile, and the content of folders that cannot be listed, do not
    count.

    Raises:
        DiskError: `path` itself cannot be looked at.
    """
    size, changed, left = 0, 0.0, [os.fspath(path)]
    while left:  # not recursive: the folders of others may lie in each other as deep as a path is long
        each = left.pop()
        try:
            status = look(each, os.lstat, each)
        except FileNotFoundError:
            continue
        changed = max(changed, status.st_mtime)
        if stat.S_ISDIR(status.st_mode):
            left += _paths_in(each)
        else:
            size += status.st_size
    return Measure(size, changed)


def _paths_in(folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in list_folder(folder)]
    except DiskError:  # it must not hide the others
        return []
