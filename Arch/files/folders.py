"""Making, naming, removing and syncing: each step is durable or leaves things as they were."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from Arch.errors import DiskError
from Arch.files.door import AnyPath, access_error, change, look
from Arch.files.reading import is_folder, list_folder

_TRIES = 100  # at what another process keeps removing


def make_folder(path: AnyPath) -> None:
    """Makes a folder and the missing ones above it; one that is there is left alone.

    Raises:
        DiskError: it cannot be made, or a file stands in its place.
    """
    absent = None
    for _ in range(_TRIES):
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
    if absent is not None:  # as with a network file system that has gone stale
        raise absent


def rename_new(source: AnyPath, target: AnyPath) -> bool:
    """Gives a folder its final name unless the name is taken, and says whether it did: the first comer wins.

    An empty folder at `target` holds nothing to lose and counts as absent.

    Raises:
        DiskError: it cannot be renamed, or was but not for sure beyond a loss of power.
    """
    itself = _identity(source)
    try:
        change(target, os.rename, source, target)
    except FileExistsError:
        return False
    except DiskError as error:
        if error.errno == errno.ENOTEMPTY:
            return False
        # A network file system that lost the answer asks again, and then misses what it has just renamed.
        if itself is None or _identity(target) != itself:
            raise
    sync_folder(Path(target).absolute().parent)
    return True


def rename_over(source: AnyPath, target: AnyPath) -> None:
    """Gives a file another name in the same folder, in the place of what may have it. Raises DiskError."""
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
    """Removes a file; one that is gone already is as good. Raises DiskError."""
    _change_unless((errno.ENOENT,), path, os.unlink)


def remove_empty_folder(path: AnyPath) -> None:
    """Removes a folder if nothing is in it. Raises DiskError."""
    _change_unless((errno.ENOENT, errno.ENOTEMPTY), path, os.rmdir)


def remove_tree(path: AnyPath) -> None:
    """Removes a folder with all that is in it, or a file; links are removed, never followed.

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
    """Forces a file's content to the disk. Raises DiskError."""
    descriptor = change(path, os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        change(path, os.fsync, descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: AnyPath) -> None:
    """Forces a folder's names to the disk. Raises DiskError."""
    try:
        sync_file(path)
    except DiskError as error:
        if error.errno != errno.EINVAL:  # some network file systems know no fsync of a folder
            raise


def _change_unless(tolerated: tuple[int, ...], path: AnyPath, function: Callable[[AnyPath], None]) -> None:
    try:
        change(path, function, path)
    except DiskError as error:
        if error.errno not in tolerated:
            raise


def _identity(path: AnyPath) -> tuple[int, int] | None:
    """What tells a file or folder from all others, whatever its name is; None for nothing."""
    try:
        found = look(path, os.lstat, path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _mode(path: AnyPath) -> int:
    """What stands at a path itself, be it a link to nowhere; 0 for nothing."""
    try:
        return look(path, os.lstat, path).st_mode
    except FileNotFoundError:
        return 0
