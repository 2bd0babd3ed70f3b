"""Folders of work in hand, each with a hold beside it that tells whether its maker lives."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.errors import DiskError

_TRIES = 100
_PREFIX, _SUFFIX = "staging-", ".hold"


@dataclass(frozen=True)
class Staging:
    """A folder of work in hand.

    The hold is there before the folder and goes after it, so that a folder without one is nobody's.

    Attributes:
        folder: where the work goes.
        lock: locked while its maker lives.
    """

    folder: Path
    lock: files.LockFile

    @classmethod
    def make(cls, work: Path) -> Staging:
        """A fresh folder in a run's `work` folder, which is made if it is absent. Raises DiskError."""
        lock = _locked(work)
        staging = cls(lock.path.with_suffix(""), lock)
        try:
            files.make_folder(staging.folder)
        except DiskError:
            lock.release()
            raise
        return staging

    def discard(self) -> None:
        """Removes the folder, if it is still there, and its hold. Raises DiskError."""
        try:
            files.remove_tree(self.folder)
        finally:
            self.lock.release()


def is_staging(name: str) -> bool:
    """Whether a name in a work folder is such a folder's or its hold's."""
    return name.startswith(_PREFIX)


def is_abandoned(path: Path) -> bool:
    """Whether such a folder, or its hold, belongs to a dead process; nothing is changed."""
    return not files.is_locked(path.with_name(path.name.removesuffix(_SUFFIX) + _SUFFIX))


def remove_abandoned(work: Path) -> None:
    """Removes what dead processes left in a run's `work` folder. Raises DiskError."""
    for name in files.list_folder(work):
        if is_staging(name):
            folder = work / name.removesuffix(_SUFFIX)
            lock = folder.with_suffix(_SUFFIX)
            if files.remove_abandoned(lock) or not files.exists(lock):
                files.remove_tree(folder)
    files.remove_empty_folder(work)


def _locked(work: Path) -> files.LockFile:
    for _ in range(_TRIES):
        files.make_folder(work)
        try:
            return files.create_lock_file(work, _PREFIX, _SUFFIX)
        except DiskError as error:
            if error.errno != errno.ENOENT:  # else another writer has just finished and removed the empty folder
                raise
    return files.create_lock_file(work, _PREFIX, _SUFFIX)
