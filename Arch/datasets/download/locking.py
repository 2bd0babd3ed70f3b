"""Locks on working folders: of several processes that need the same files, one makes them and the others wait."""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from Arch.datasets.access import reason_of, unwritable
from Arch.errors import DataError

_LOCK = "lock"
_ATTEMPTS = 1000  # at a folder that vanishes as soon as it is made; after so many it counts as one that cannot be made
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@contextmanager
def locked(work: Path, *, is_vital: bool = True) -> Iterator[None]:
    """Holds the lock on a working folder while the context is entered.

    The folder is created if it is absent, and removed on success or if it holds nothing but the lock file. The system
    releases the lock when the process ends, however it ends; the next holder resumes from the files left there.

    Args:
        work: the folder.
        is_vital: whether the lock is required: otherwise, where there can be none, every process proceeds without it.

    Raises:
        DataError: the folder cannot be created or locked.
    """
    try:
        lock = _acquire(work)
    except DataError:
        if is_vital:
            raise
        yield
        return
    has_succeeded = False
    try:
        yield
        has_succeeded = True
    finally:
        if has_succeeded or _is_bare(work):
            shutil.rmtree(work, ignore_errors=True)
            with suppress(OSError):  # the parent may contain other working folders
                work.parent.rmdir()
        lock.release()


def _is_bare(work: Path) -> bool:
    """Returns whether a working folder holds nothing to resume from."""
    with suppress(OSError):
        return [path.name for path in work.iterdir()] == [_LOCK]
    return False


def _acquire(work: Path) -> FileLock:
    reason: OSError = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    for _ in range(_ATTEMPTS):
        descriptors: list[int] = []
        lock = FileLock(
            work / _LOCK,
            thread_local=False,  # a context may be left in another thread than it was entered in
            fallback_to_soft=False,  # a soft lock would outlive a killed process
            on_acquired=descriptors.append,
        )
        try:
            work.mkdir(parents=True, exist_ok=True)
            _wait_for(lock, work)
        except (FileNotFoundError, FileExistsError) as error:  # the previous holder has just removed the folder
            reason = error
            continue
        except OSError as error:
            raise _refused(work, error) from error
        if _is_at(work / _LOCK, descriptors[-1]):
            return lock
        lock.release()  # of a file that the previous holder has removed: another process may have locked a new one
    raise unwritable(work, reason)


def _wait_for(lock: FileLock, work: Path) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logging.getLogger(__name__).warning("Another process is at work in %s. Waiting for it.", work)
        lock.acquire()


def _refused(work: Path, error: OSError) -> DataError:
    if error.errno in _NO_LOCKS:
        return DataError(f"cannot lock {work}: {reason_of(error)}. Use another data folder.", work)
    return unwritable(work, error)


def _is_at(path: Path, descriptor: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
