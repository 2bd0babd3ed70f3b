"""Staged folders: filled under a temporary name, each beside a lock file.

The owner of a staged folder is the process that fills it; the lock file shows whether the owner is alive.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from Arch.errors import DiskError
from Arch.files.folders import make_folder, remove, remove_tree
from Arch.files.lock_files import LockFile, create_lock_file, is_locked, remove_abandoned
from Arch.files.measuring import measure
from Arch.files.reading import exists, list_folder

_ATTEMPTS = 100
_SUFFIX = ".hold"


@dataclass(frozen=True)
class StagedFolder:
    """A folder that is being filled, to be renamed to its final name once it is complete.

    The owner creates the lock file before the folder and removes it after the folder, so a staged folder without a
    lock file has no living owner.

    Attributes:
        path: the folder.
        lock: the lock file, locked while the owner is alive.
    """

    path: Path
    lock: LockFile

    @classmethod
    def create(cls, parent: Path, prefix: str) -> Self:
        """Creates an empty folder in `parent`, which is created if it is absent; the name starts with `prefix`.

        Raises:
            DiskError: it cannot be created.
        """
        lock = _locked(parent, prefix)
        staged = cls(lock.path.with_name(lock.path.name.removesuffix(_SUFFIX)), lock)
        try:
            make_folder(staged.path)
        except DiskError:
            lock.release()
            raise
        return staged

    def discard(self) -> None:
        """Removes the folder, if it still has its temporary name, and the lock file. Raises DiskError."""
        try:
            remove_tree(self.path)
        finally:
            self.lock.release()


def staged_folders(parent: Path, prefix: str) -> Iterator[Path]:
    """Lists the staged folders in `parent` with this prefix, even if only the lock file exists; raises DiskError."""
    names = [name.removesuffix(_SUFFIX) for name in list_folder(parent) if name.startswith(prefix)]
    yield from (parent / name for name in dict.fromkeys(names))


def last_change(path: Path) -> float:
    """Returns when a staged folder or its lock file was last written to, in seconds since 1970; raises DiskError."""
    return max(measure(path).changed, measure(_lock_path(path)).changed)


def is_abandoned(path: Path) -> bool:
    """Returns whether a staged folder has no living owner; `path` is that of the folder or of its lock file."""
    return not is_locked(_lock_path(path))


def remove_if_abandoned(path: Path) -> bool:
    """Removes a staged folder and its lock file unless the owner is alive; returns whether they are gone.

    Raises DiskError.
    """
    lock = _lock_path(path)
    # The lock file is removed under its own lock, so a process that created but has not yet locked it cannot go on.
    if is_gone := remove_abandoned(lock) or not exists(lock):
        remove_tree(path)
    return is_gone


def remove_staged(path: Path) -> None:
    """Removes a staged folder and its lock file, whether the owner lives or not. Raises DiskError."""
    remove_tree(path)
    remove(_lock_path(path))


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(_SUFFIX) + _SUFFIX)


def _locked(parent: Path, prefix: str) -> LockFile:
    for _ in range(_ATTEMPTS):
        make_folder(parent)
        try:
            return create_lock_file(parent, prefix, _SUFFIX)
        except DiskError as error:
            if error.errno != errno.ENOENT:  # ENOENT: another process has just removed the empty `parent`
                raise
    return create_lock_file(parent, prefix, _SUFFIX)
