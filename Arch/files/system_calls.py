"""Every file-system call passes through this module, so that tests can count, delay or break each of them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from Arch.errors import DiskError

T = TypeVar("T")
AnyPath = str | os.PathLike[str]
Verb = Literal["read", "write"]

_REMEDIES = {
    errno.ENOSPC: "Free some space on this disk",
    errno.EDQUOT: "Your quota is used up: free some space",
    errno.EROFS: "This file system is read-only: name another folder, or mount it for writing",
    errno.EACCES: "You lack the permission: change the owner or the mode, or name another folder",
    errno.EPERM: "You lack the permission: change the owner or the mode, or name another folder",
    errno.ENOENT: "Something above it has vanished: see who removed it",
    errno.ENOTDIR: "A file stands where a folder is expected: move it away, or name another folder",
    errno.EISDIR: "A folder stands where a file is expected: move it away",
    errno.EMFILE: "Too many files are open: raise the limit (ulimit -n)",
}


def look(path: AnyPath, function: Callable[..., T], *arguments: Any) -> T:
    """Calls a `function` that changes nothing on the disk.

    Raises:
        FileNotFoundError: `path` is absent, which the caller has to handle.
        DiskError: the system raises any other error.
    """
    try:
        return _step("read", path, function, *arguments)
    except (FileNotFoundError, DiskError):
        raise
    except OSError as error:
        if error.errno == errno.ESTALE:  # another NFS client removed the file
            raise FileNotFoundError(errno.ENOENT, "no such file", os.fspath(path)) from error
        raise access_error("read", path, error) from error


def change(path: AnyPath, function: Callable[..., T], *arguments: Any) -> T:
    """Calls a `function` that may change the disk.

    Raises:
        FileExistsError: `path` exists already, which the caller has to handle.
        DiskError: the system raises any other error; `errno` says which.
    """
    try:
        return _step("write", path, function, *arguments)
    except (FileExistsError, DiskError):
        raise
    except OSError as error:
        raise access_error("write", path, error) from error


def access_error(verb: Verb, path: AnyPath, error: OSError) -> DiskError:
    """Builds the DiskError for an error of the system, with its `errno`, `strerror` and `filename`."""
    remedy = _REMEDIES.get(error.errno or 0, "Check the disk and what is mounted there")
    reason = (error.strerror or str(error)).lower()
    problem = DiskError(f"cannot {verb} {os.fspath(path)}: {reason}. {remedy}, then give the command again.")
    problem.errno, problem.strerror, problem.filename = error.errno, error.strerror, os.fspath(path)
    if error.errno == errno.ESTALE:  # another NFS client removed the file
        problem.errno = errno.ENOENT
    return problem


def _step(verb: Verb, path: AnyPath, function: Callable[..., T], *arguments: Any) -> T:  # noqa: ARG001
    # Tests replace this function to count the calls or to break the n-th; `verb` and `path` describe the call.
    return function(*arguments)
