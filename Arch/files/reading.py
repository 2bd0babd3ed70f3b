"""Reads files and folders; nothing in this module changes the disk."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

from Arch.errors import CorruptEntryError, DiskError
from Arch.files.json_limits import DEEPEST, decoder, is_too_deep
from Arch.files.opening import open_file, open_regular
from Arch.files.quick_json import quick_object
from Arch.files.system_calls import AnyPath, look

MOST_OF_RECORD = 16 << 20  # bytes
MOST_OF_RUNS = 64 << 20  # bytes of a record of thousands of epochs or runs
_PIECE = 1 << 30  # bytes; the system reads at most 2 GiB at once


def read_bytes(path: AnyPath, most: int | None = None) -> bytes:
    """Reads a file of any size, or one of at most `most` bytes.

    Raises:
        FileNotFoundError: there is no such file.
        CorruptEntryError: it is larger, or no regular file.
        DiskError: it cannot be read.
    """
    return look(path, _content, path, most)


def read_start(path: AnyPath, size: int) -> bytes:
    """Reads the first bytes of a file, at most `size`; raises as `read_bytes` does."""
    return look(path, _piece, path, 0, size)


def read_end(path: AnyPath, size: int) -> bytes:
    """Reads the last bytes of a file, at most `size`; raises as `read_bytes` does."""
    return look(path, _piece, path, -size, size)


def read_from(path: AnyPath, start: int, size: int) -> bytes:
    """Reads at most `size` bytes of a file from the byte `start` on; raises as `read_bytes` does."""
    return look(path, _piece, path, start, size)


def read_json(path: AnyPath, most: int = MOST_OF_RECORD) -> dict[str, Any]:
    """Reads the JSON object in a file of at most `most` bytes; raises as `read_bytes` does.

    Raises:
        CorruptEntryError: the file is damaged, too large or nested too deeply, or contains NaN, infinity, a whole
            number of more than 64 bits or something else than an object.
    """
    return json_object(read_bytes(path, most), path)


def json_object(content: bytes, path: AnyPath) -> dict[str, Any]:
    """Returns the JSON object in the content of the file at `path`; raises CorruptEntryError as `read_json` does."""
    if is_too_deep(content):
        raise _corrupt(path, f"it is nested more than {DEEPEST} levels deep")
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


def is_file(path: AnyPath) -> bool:
    """Returns whether there is a regular file, or a link to one."""
    return stat.S_ISREG(_mode(path))


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


def _content(path: AnyPath, most: int | None) -> bytes:
    # As few system calls as possible: they take most of the time of reading ten thousand entries.
    descriptor, status = open_regular(path)
    try:
        wanted = min(status.st_size if most is None else min(status.st_size, most), _PIECE) + 1
        pieces = [os.read(descriptor, wanted)]
        while len(pieces[-1]) == wanted and (most is None or len(pieces) * wanted <= most):
            pieces.append(os.read(descriptor, wanted))  # it is growing, or larger than a piece
    finally:
        os.close(descriptor)
    content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if most is not None and len(content) > most:
        raise _corrupt(path, f"it has more than {most >> 20} MB, too many for such a file")
    return content


def _changed_at(path: AnyPath) -> int:
    descriptor, status = open_regular(path)
    os.close(descriptor)
    return status.st_mtime_ns


def _piece(path: AnyPath, start: int, size: int) -> bytes:
    descriptor, status = open_regular(path)
    try:
        return os.pread(descriptor, size, start if start >= 0 else max(0, status.st_size + start))
    finally:
        os.close(descriptor)


def _mode(path: AnyPath, status: Callable[..., os.stat_result] = os.stat) -> int:
    try:
        return look(path, status, path).st_mode
    except FileNotFoundError:
        return 0
    except DiskError as error:
        if error.errno not in (errno.ENOTDIR, errno.ELOOP):  # a parent is a file, or a link leads to itself
            raise
        return 0


def _size_and_sha256(path: AnyPath) -> tuple[int, str]:
    import hashlib  # reading a finished run must not pay for this import

    with open_file(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


_DECODER = decoder()  # `json.loads` would create one for each file


def _corrupt(path: AnyPath, reason: str) -> CorruptEntryError:
    return CorruptEntryError(
        f"{os.fspath(path)} is damaged or was edited: {reason}. Restore it from a copy, or remove what is damaged "
        "from the cache (`main.py rm --corrupt` lists it) and give the command again to make it anew."
    )
