"""One at a time: what several processes want, one of them does while the others wait."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from Arch.datasets.access import unwritable
from Arch.errors import DataError

_LOCK = "lock"
_MISSES = 1000  # of a folder that is gone as soon as it is made; after so many it cannot be made


@contextmanager
def locked(work: Path, *, is_vital: bool = True) -> Iterator[None]:
    """Holds the one lock on a working folder, which is made, and removed if all went well or nothing else is in it.

    The lock ends with its process, however that ends; what it leaves in the folder, the next one finds.

    Args:
        work: the folder.
        is_vital: whether there has to be a lock: otherwise, where there can be none, all go ahead.

    Raises:
        DataError: the folder cannot be made or locked.
    """
    try:
        descriptor = _lock(work)
    except DataError:
        if is_vital:
            raise
        yield
        return
    went_well = False
    try:
        yield
        went_well = True
    finally:
        if went_well or _is_bare(work):
            shutil.rmtree(work, ignore_errors=True)
            with suppress(OSError):  # others work in it
                work.parent.rmdir()
        os.close(descriptor)


def _is_bare(work: Path) -> bool:
    """Whether a working folder has nothing in it that would be worth going on from."""
    with suppress(OSError):
        return [path.name for path in work.iterdir()] == [_LOCK]
    return False


def _lock(work: Path) -> int:
    misses = 0
    while True:
        try:
            work.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(work / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o666)
        except FileNotFoundError as error:
            misses += 1  # who had the lock has just removed the folder
            if misses == _MISSES:
                raise unwritable(work, error) from error
            continue
        except OSError as error:
            raise unwritable(work, error) from error
        try:
            _wait_for(descriptor, work)
        except OSError as error:
            os.close(descriptor)
            raise DataError(f"cannot lock {work}: {error.strerror}. Use another data folder.", work) from error
        if _is_still_there(descriptor, work / _LOCK):
            return descriptor
        os.close(descriptor)


def _wait_for(descriptor: int, work: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        logging.getLogger(__name__).warning("Another process is at work in %s. Waiting for it.", work)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _is_still_there(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
