"""Opens regular files only: opening a named pipe, a device or a socket must neither wait nor fail without a reason."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

from Arch.errors import NotAFileError
from Arch.files.system_calls import AnyPath, look

_READ = os.O_RDONLY | os.O_CLOEXEC
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_regular(path: AnyPath) -> tuple[int, os.stat_result]:
    """Opens a regular file for reading, or a link to one; the caller closes the descriptor.

    Returns:
        The descriptor and the file's status.

    Raises:
        NotAFileError: it is no regular file; OSError: the system refuses.
    """
    try:
        descriptor = os.open(path, _READ | os.O_NONBLOCK)
    except BlockingIOError:  # a regular file with a lease of a file server, which takes a moment to be given up
        require_regular(path, os.stat(path))  # noqa: PTH116 - as everywhere in this package
        descriptor = os.open(path, _READ)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise _not_a_file(path, "a socket, or a device that is absent") from error
    try:
        status = os.fstat(descriptor)
        require_regular(path, status)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, status


def require_regular(path: AnyPath, status: os.stat_result) -> None:
    """Raises NotAFileError unless the status is that of a regular file."""
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise _not_a_file(path, "a directory", errno.EISDIR)
    raise _not_a_file(path, next((name for holds, name in _KINDS if holds(status.st_mode)), "no file"))


def require_file(path: AnyPath) -> None:
    """Checks that a path may be given to a library, which would wait for a writer of a named pipe.

    Raises:
        NotAFileError: it is no regular file.
        FileNotFoundError: there is none; DiskError: the system refuses.
    """
    require_regular(path, look(path, os.stat, path))


def open_file(path: AnyPath) -> BufferedReader:
    """Opens a regular file for reading, as `open` does.

    Raises:
        NotAFileError: it is no regular file.
        FileNotFoundError: there is none; DiskError: the system refuses.
    """
    descriptor, _ = look(path, open_regular, path)
    return os.fdopen(descriptor, "rb")


def _not_a_file(path: AnyPath, kind: str, code: int = errno.EINVAL) -> NotAFileError:
    place = os.fspath(path)
    problem = NotAFileError(
        f"cannot read {place}: is {kind}, and a file is expected there. Move it away, then give the command again."
    )
    problem.errno, problem.strerror, problem.filename = code, f"is {kind}, and a file is expected there", place
    return problem
