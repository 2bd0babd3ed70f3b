"""What may be done in a folder, what its disk has left, and of which kind the disk is; nothing is tried out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from Arch.files.door import AnyPath, look

_MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True)
class Space:
    """What a file system has left for this user.

    Attributes:
        free: bytes.
        size: bytes in all.
        free_files: how many more files there may be; None where nobody counts them.
    """

    free: int
    size: int
    free_files: int | None


def may_read(path: AnyPath) -> bool:
    """Whether this user may list and read a folder; raises DiskError."""
    return look(path, os.access, path, os.R_OK | os.X_OK)


def may_write(path: AnyPath) -> bool:
    """Whether this user may make files in a folder, and its file system lets anyone; raises DiskError."""
    return look(path, os.access, path, os.W_OK | os.X_OK)


def space(path: AnyPath) -> Space:
    """What the file system of a folder has left.

    Raises:
        FileNotFoundError: there is no such folder; DiskError: the system does not tell.
    """
    found = look(path, os.statvfs, path)
    return Space(
        found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_favail if found.f_files else None
    )


def file_system(path: AnyPath, mounts: Path = _MOUNTS) -> str:
    """The type of the file system that a folder is on, such as `ext4` or `nfs4`; empty where the system does not tell.

    Args:
        path: the folder.
        mounts: the system's list, in the form of `proc(5)`.
    """
    place = os.path.realpath(path)
    kind, longest = "", -1
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        before, _, after = line.partition(" - ")
        # the kernel writes blanks in names as octal numbers
        point = before.split()[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        is_above = place == point or place.startswith(f"{point.rstrip('/')}/")
        if is_above and len(point) >= longest:  # of several mounts on one place the last one is seen
            kind, longest = after.split()[0], len(point)
    return kind
