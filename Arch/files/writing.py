"""Writes whole files so that no process, also after a crash, ever reads a part of one."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from Arch.errors import DiskError
from Arch.files.folders import sync_folder
from Arch.files.lock_files import create_lock_file, remove_abandoned
from Arch.files.opening import require_file, require_regular
from Arch.files.reading import list_folder
from Arch.files.system_calls import AnyPath, change

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")


def json_text(document: Mapping[str, Any]) -> str:
    """Formats a document as JSON: indented, keys in the given order.

    Raises:
        ValueError: it contains NaN or infinity.
        TypeError: it contains a value that JSON cannot express.
    """
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: AnyPath, document: Mapping[str, Any]) -> None:
    """Writes a document atomically; raises as `json_text` and `write_atomically` do."""
    write_atomically(path, json_text(document))


def write_atomically(path: AnyPath, content: bytes | str) -> None:
    """Replaces a file's content in one step: readers, also after a crash, find the old content or the new.

    Raises:
        DiskError: it cannot be written; the old content stays.
    """
    _write_and_name(path, content, os.replace)


def write_new(path: AnyPath, content: bytes | str) -> bool:
    """Writes a file atomically unless it exists, and returns whether it did: the first writer wins.

    Raises:
        DiskError: it cannot be written.
    """
    try:
        _write_and_name(path, content, os.link)
    except FileExistsError:
        return False
    return True


def write_synced(path: AnyPath, content: bytes | str) -> None:
    """Writes a file into a folder that no other process reads yet, and syncs it to the disk. Raises DiskError."""
    descriptor = change(path, os.open, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        _fill(path, descriptor, content)
    finally:
        os.close(descriptor)


def append(path: AnyPath, content: str) -> None:
    """Appends text to a file, which is created if absent; concurrent writers never overwrite each other.

    Raises:
        DiskError: it cannot be written.
    """
    descriptor = open_to_append(path)
    try:
        _write(path, descriptor, content)
    finally:
        os.close(descriptor)


def open_to_append(path: AnyPath) -> int:
    """Opens a file for appending, as the output of a process to be started; the caller closes the descriptor.

    Raises:
        DiskError: it cannot be written.
    """
    return change(path, _opened_to_append, path)


def touch(path: AnyPath) -> None:
    """Sets a file's modification time to now, as a heartbeat. Raises DiskError."""
    change(path, os.utime, path)


def is_temporary(name: str) -> bool:
    """Returns whether a file name is the temporary name of an unfinished write."""
    return _TEMPORARY.fullmatch(name) is not None


def _opened_to_append(path: AnyPath) -> int:
    # O_NONBLOCK: a named pipe of this name must not wait for its reader
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:  # a named pipe without a reader, or a socket
            require_file(path)
        raise
    try:
        require_regular(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _write_and_name(path: AnyPath, content: bytes | str, put: Callable[[AnyPath, AnyPath], None]) -> None:
    folder = Path(path).absolute().parent
    _remove_leftovers(folder)
    temporary = create_lock_file(folder, f".{Path(path).name}.", ".tmp")
    try:
        _fill(temporary.path, temporary.descriptor, content)
        change(path, put, temporary.path, path)
    finally:
        with contextlib.suppress(DiskError):  # the next writer removes it
            temporary.release()
    sync_folder(folder)


def _remove_leftovers(folder: Path) -> None:
    for name in list_folder(folder):
        if is_temporary(name):
            remove_abandoned(folder / name)


def _fill(path: AnyPath, descriptor: int, content: bytes | str) -> None:
    _write(path, descriptor, content)
    change(path, os.fsync, descriptor)


def _write(path: AnyPath, descriptor: int, content: bytes | str) -> None:
    # JSON may contain a lone surrogate, which is kept as it is.
    rest = memoryview(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    while rest:
        rest = rest[change(path, os.write, descriptor, rest) :]  # a disk that fills up writes a part before it fails
