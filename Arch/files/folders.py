"""Creates, renames, removes and syncs folders and files; each step is durable or changes nothing."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from Arch.errors import DiskError
from Arch.files.reading import is_folder, list_folder
from Arch.files.system_calls import AnyPath, access_error, change, look

_ATTEMPTS = 100  # at a folder that another process keeps removing


def make_folder(path: AnyPath) -> None:
    """Creates a folder and its missing parents; an existing folder is left as it is.

    Raises:
        DiskError: it cannot be created, or a file has its name.
    """
    absent = None
    for _ in range(_ATTEMPTS):
        try:
            _make_one(path)
        except DiskError as error:
            parent = Path(path).absolute().parent
            if error.errno != errno.ENOENT or parent == Path(path).absolute():
                raise
            absent = error
            make_folder(parent)
        else:
            return
    if absent is not None:  # as on a stale network file system
        raise absent


def rename_new(source: AnyPath, target: AnyPath) -> bool:
    """Renames a folder unless the target exists, and returns whether it did: the first process wins.

    An empty folder at `target` counts as absent.

    Raises:
        DiskError: it cannot be renamed, or was renamed but the parent folder could not be synced.
    """
    itself = _identity(source)
    try:
        change(target, os.rename, source, target)
    except FileExistsError:
        return False
    except DiskError as error:
        if error.errno == errno.ENOTEMPTY:
            return False
        # A network file system that lost the server's reply repeats the request, which then finds no source.
        if itself is None or _identity(target) != itself:
            raise
    sync_folder(Path(target).absolute().parent)
    return True


def rename_over(source: AnyPath, target: AnyPath) -> None:
    """Renames a file within its folder, replacing the target if it exists. Raises DiskError."""
    change(target, os.replace, source, target)
    sync_folder(Path(target).absolute().parent)


def _make_one(path: AnyPath) -> None:
    try:
        change(path, os.mkdir, path)
        sync_folder(Path(path).absolute().parent)
    except FileExistsError as error:
        if (mode := _mode(path)) and not stat.S_ISDIR(mode) and not is_folder(path):
            raise access_error("write", path, NotADirectoryError(errno.ENOTDIR, "not a folder")) from error
        if not mode:
            raise access_error("write", path, FileNotFoundError(errno.ENOENT, "no such file")) from error


def remove(path: AnyPath) -> None:
    """Removes a file if it exists. Raises DiskError."""
    _change_unless((errno.ENOENT,), path, os.unlink)


def remove_empty_folder(path: AnyPath) -> None:
    """Removes a folder if it is empty. Raises DiskError."""
    _change_unless((errno.ENOENT, errno.ENOTEMPTY), path, os.rmdir)


def remove_tree(path: AnyPath) -> None:
    """Removes a folder with its content, or a file; links are removed, never followed.

    Raises:
        DiskError: something in it cannot be removed.
    """
    if not stat.S_ISDIR(_mode(path)):
        remove(path)
        return
    for name in list_folder(path):
        remove_tree(Path(path) / name)
    remove_empty_folder(path)


def sync_file(path: AnyPath) -> None:
    """Syncs a file's content to the disk. Raises DiskError."""
    descriptor = change(path, os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        change(path, os.fsync, descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: AnyPath) -> None:
    """Syncs the names in a folder to the disk. Raises DiskError."""
    try:
        sync_file(path)
    except DiskError as error:
        if error.errno != errno.EINVAL:  # some network file systems do not support fsync of a folder
            raise


def _change_unless(tolerated: tuple[int, ...], path: AnyPath, function: Callable[[AnyPath], None]) -> None:
    try:
        change(path, function, path)
    except DiskError as error:
        if error.errno not in tolerated:
            raise


def _identity(path: AnyPath) -> tuple[int, int] | None:
    """Returns the device and inode numbers of a file or folder; None if it does not exist."""
    try:
        found = look(path, os.lstat, path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _mode(path: AnyPath) -> int:
    """Returns the mode of a path, links not followed; returns 0 if it does not exist."""
    try:
        return look(path, os.lstat, path).st_mode
    except FileNotFoundError:
        return 0
