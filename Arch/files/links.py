"""Symbolic links: what removes or moves files must not reach through one into a folder elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from Arch.errors import DiskError
from Arch.files.system_calls import AnyPath, look


def is_link(path: AnyPath) -> bool:
    """Returns whether a path is a symbolic link, whether or not it leads to something. Raises DiskError."""
    try:
        return stat.S_ISLNK(look(path, os.lstat, path).st_mode)
    except FileNotFoundError:
        return False


def link_on_the_way(root: AnyPath, place: str) -> str:
    """Returns the first link among the folders through which a place below `root` is reached; empty if there is none.

    The place itself may be a link: removing or renaming it takes away the link alone.

    Raises:
        DiskError: one of the folders cannot be looked at.
    """
    path = Path(root)
    for name in place.split("/")[:-1]:
        path = path / name
        if is_link(path):
            return str(path)
    return ""


def target_of(path: AnyPath) -> str:
    """Returns where a link leads to, for messages; empty if it cannot be read."""
    try:
        return str(look(path, os.readlink, path))
    except (FileNotFoundError, DiskError):
        return ""
