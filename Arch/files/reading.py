"""Reads files and folders; nothing in this module changes the disk."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from Arch.errors import CorruptEntryError, DiskError
from Arch.files.quick_json import quick_object
from Arch.files.system_calls import AnyPath, look

_PIECE = 65_536  # bytes; nearly every file of the cache that is read completely is smaller


def read_bytes(path: AnyPath) -> bytes:
    """Reads a file.

    Raises:
        FileNotFoundError: there is no such file.
        DiskError: it cannot be read.
    """
    return look(path, _content, path)


def read_start(path: AnyPath, size: int) -> bytes:
    """Reads the first bytes of a file, at most `size`; raises as `read_bytes` does."""
    return look(path, _piece, path, 0, size)


def read_end(path: AnyPath, size: int) -> bytes:
    """Reads the last bytes of a file, at most `size`; raises as `read_bytes` does."""
    return look(path, _piece, path, -size, size)


def read_json(path: AnyPath) -> dict[str, Any]:
    """Reads the JSON object in a file; raises as `read_bytes` does.

    Raises:
        CorruptEntryError: the file is damaged, or contains NaN, infinity or something else than an object.
    """
    content = read_bytes(path)
    try:
        document = quick_object(content) or _DECODER.decode(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, str(error)) from error
    if not isinstance(document, dict):
        raise _corrupt(path, f"expected an object, found a {type(document).__name__}")
    return document


def exists(path: AnyPath) -> bool:
    """Returns whether there is a file or a folder."""
    return _mode(path) != 0


def is_folder(path: AnyPath) -> bool:
    """Returns whether there is a folder."""
    return stat.S_ISDIR(_mode(path))


def size_of(path: AnyPath) -> int:
    """Returns a file's size in bytes; raises as `read_bytes` does."""
    return look(path, os.stat, path).st_size


def changed_at(path: AnyPath) -> int:
    """Returns a file's modification time in nanoseconds, by the file server's clock; raises as `read_bytes` does.

    The file is opened for this, because opening makes an NFS client refresh its cached attributes.
    """
    return look(path, _changed_at, path)


def list_folder(path: AnyPath) -> list[str]:
    """Lists the names in a folder, sorted; an empty list if there is no folder. Raises DiskError."""
    try:
        return sorted(look(path, os.listdir, path))
    except FileNotFoundError:
        return []


def files_below(folder: AnyPath) -> Iterator[str]:
    """Lists all files in a folder and its subfolders, relative to it and with `/`, in order; links are not followed."""
    for name in list_folder(folder):
        path = f"{os.fspath(folder)}/{name}"
        if stat.S_ISDIR(_mode(path, os.lstat)):
            yield from (f"{name}/{below}" for below in files_below(path))
        else:
            yield name


def size_and_sha256(path: AnyPath) -> tuple[int, str]:
    """Returns a file's size in bytes and its SHA-256 in hex digits; raises as `read_bytes` does."""
    return look(path, _size_and_sha256, path)


def _content(path: AnyPath) -> bytes:
    # As few system calls as possible: they take most of the time of reading ten thousand entries.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = os.read(descriptor, _PIECE)
        pieces = [content]
        while content:
            content = os.read(descriptor, _PIECE)
            pieces.append(content)
    finally:
        os.close(descriptor)
    return b"".join(pieces)


def _changed_at(path: AnyPath) -> int:
    with io.FileIO(path) as file:
        return os.fstat(file.fileno()).st_mtime_ns


def _piece(path: AnyPath, start: int, size: int) -> bytes:
    with io.FileIO(path) as file:
        file.seek(start if start >= 0 else max(0, os.fstat(file.fileno()).st_size + start))
        return file.read(size)


def _mode(path: AnyPath, status: Callable[[AnyPath], os.stat_result] = os.stat) -> int:
    try:
        return look(path, status, path).st_mode
    except FileNotFoundError:
        return 0
    except DiskError as error:
        if error.errno != errno.ENOTDIR:  # a parent is a file, so the path does not exist
            raise
        return 0


def _size_and_sha256(path: AnyPath) -> tuple[int, str]:
    import hashlib  # reading a finished run must not pay for this import

    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)  # `json.loads` would create one for each file


def _corrupt(path: AnyPath, reason: str) -> CorruptEntryError:
    return CorruptEntryError(
        f"{os.fspath(path)} is damaged or was edited: {reason}. Restore it from a copy, or remove what is damaged "
        "from the cache (`main.py rm --corrupt` lists it) and give the command again to make it anew."
    )
