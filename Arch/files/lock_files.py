"""Lock files: they tell the leftovers of a dead process from the unfinished work of a living one.

A lock file is created by a process that keeps it locked (`flock`) while it works. The system drops the lock when the
process ends, however it ends, so the owner of a lock file that can be locked is dead. Lock files serve only to clean
up: that a file is never torn and a run never lost does not depend on them.
"""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path

from Arch.errors import DiskError
from Arch.files.folders import remove
from Arch.files.reading import exists
from Arch.files.system_calls import AnyPath, access_error, change, look

_CREATE = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
_ATTEMPTS = 1000  # to create a file that is still there once it is locked
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


@dataclass(frozen=True)
class LockFile:
    """A file that stays locked as long as the process that created it lives.

    Attributes:
        path: the file.
        descriptor: the descriptor of the file, open for reading and writing.
        owner: the PID of the process that created it.
    """

    path: Path
    descriptor: int
    owner: int = field(default_factory=os.getpid)

    @property
    def is_own(self) -> bool:
        """Whether this process created it, and not the process that this one was forked from."""
        return self.owner == os.getpid()

    def release(self) -> None:
        """Removes the file, if it still has this name, and unlocks it. Raises DiskError."""
        try:
            remove(self.path)
        finally:
            os.close(self.descriptor)


def create_lock_file(folder: AnyPath, prefix: str, suffix: str) -> LockFile:
    """Creates an empty file with a unique name in a folder, and locks it.

    Raises:
        DiskError: it cannot be created.
    """
    for _ in range(_ATTEMPTS):
        path = Path(folder) / f"{prefix}{os.urandom(8).hex()}{suffix}"
        descriptor = change(path, os.open, path, _CREATE, 0o666)
        _lock(path, descriptor)
        if exists(path):
            return LockFile(path, descriptor)
        # Between its creation and its locking another process took it for a leftover, and may still be removing what
        # belongs to this name, so the name cannot be used.
        os.close(descriptor)
    raise access_error("write", folder, OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)))


def remove_abandoned(path: AnyPath) -> bool:
    """Removes a lock file whose owner is dead and returns whether it did; in doubt the file stays."""
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


def is_locked(path: AnyPath) -> bool:
    """Returns whether the owner of a lock file lives; True in doubt. Nothing is changed."""
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
        if error.errno not in _NO_LOCKS:
            os.close(descriptor)
            raise
