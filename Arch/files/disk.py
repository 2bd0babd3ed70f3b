"""Permissions, free space and type of the file system of a folder, queried without writing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from Arch.files.system_calls import AnyPath, look

_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Space:
    """The space of a file system that this user may use.

    Attributes:
        free: bytes.
        size: bytes in all.
        free_files: how many more files may be created; None if the file system has no such limit.
    """

    free: int
    size: int
    free_files: int | None


def may_read(path: AnyPath) -> bool:
    """Returns whether this user may list and read a folder; raises DiskError."""
    return look(path, os.access, path, os.R_OK | os.X_OK)


def may_write(path: AnyPath) -> bool:
    """Returns whether this user may create files in a folder; raises DiskError."""
    return look(path, os.access, path, os.W_OK | os.X_OK)


def space(path: AnyPath) -> Space:
    """Returns the space of the file system of a folder.

    Raises:
        FileNotFoundError: there is no such folder; DiskError: the system does not provide it.
    """
    found = look(path, os.statvfs, path)
    return Space(
        found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_favail if found.f_files else None
    )


def file_system(path: AnyPath, mounts: Path = _MOUNTS) -> str:
    """Returns the type of the file system of a folder, such as `ext4` or `nfs4`; an empty text if unknown.

    Args:
        path: the folder.
        mounts: the system's list of mounts, in the format of `proc(5)`.
    """
    resolved = os.path.realpath(path)
    kind, longest = "", -1
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        # the kernel escapes blanks in names as octal numbers
        point = before.split()[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        is_above = resolved == point or resolved.startswith(f"{point.rstrip('/')}/")
        if is_above and len(point) >= longest:  # of several mounts on one folder the last is visible
            kind, longest = after.split()[0], len(point)
    return kind
