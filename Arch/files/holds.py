"""Telling the leftovers of a dead process from the work of a living one.

A hold is a file that its maker keeps locked (`flock`) while it works. The system drops the lock when the process ends,
however it ends, so a hold that can be locked is nobody's any more. Holds only tidy up: nothing is ever safe or unsafe
because of one.
"""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path

from Arch.errors import DiskError
from Arch.files.door import AnyPath, change, look
from Arch.files.folders import remove
from Arch.files.reading import exists

_CREATE = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
_NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@dataclass(frozen=True)
class Hold:
    """A file that is locked as long as its maker lives.

    Attributes:
        path: the file.
        descriptor: of the file, open for reading and writing.
        maker: the process that made it.
    """

    path: Path
    descriptor: int
    maker: int = field(default_factory=os.getpid)

    @property
    def is_ours(self) -> bool:
        """Whether this process made it, not one that this one was forked from."""
        return self.maker == os.getpid()

    def let_go(self) -> None:
        """Ends the hold and removes its file, if it still has this name. Raises DiskError."""
        try:
            remove(self.path)
        finally:
            os.close(self.descriptor)


def hold(folder: AnyPath, prefix: str, suffix: str) -> Hold:
    """Makes an empty file in a folder, under a name of its own, and keeps it locked.

    Raises:
        DiskError: it cannot be made.
    """
    while True:
        path = Path(folder) / f"{prefix}{os.urandom(8).hex()}{suffix}"
        descriptor = change(path, os.open, path, _CREATE, 0o666)
        _lock(path, descriptor)
        if exists(path):
            return Hold(path, descriptor)
        # Someone took it for a leftover between its making and its locking, and may still be removing what belongs
        # to it: the name is burnt.
        os.close(descriptor)


def remove_abandoned(path: AnyPath) -> bool:
    """Removes a hold whose maker is dead and says whether it did; in doubt it stays."""
    try:
        descriptor = change(path, os.open, path, os.O_RDWR | os.O_CLOEXEC)
    except DiskError:
        return False
    try:
        change(path, fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove(path)
    except DiskError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def is_held(path: AnyPath) -> bool:
    """Whether a hold's maker lives; in doubt it does, and nothing is changed."""
    try:
        descriptor = look(path, os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except DiskError:
        return True
    try:
        look(path, fcntl.flock, descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except DiskError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def _lock(path: AnyPath, descriptor: int) -> None:
    try:
        change(path, fcntl.flock, descriptor, fcntl.LOCK_EX)
    except DiskError as error:
        if error.errno not in _NO_LOCKS_HERE:
            os.close(descriptor)
            raise
