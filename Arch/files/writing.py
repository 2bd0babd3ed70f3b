"""Writing whole files so that nobody, now or after a crash, ever reads half of one."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from Arch.errors import DiskError
from Arch.files.door import AnyPath, change
from Arch.files.folders import sync_folder
from Arch.files.lock_files import create_lock_file, remove_abandoned
from Arch.files.reading import list_folder

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{16}\.tmp")


def json_text(document: Mapping[str, Any]) -> str:
    """A document as this project writes JSON: indented, keys in the order given.

    Raises:
        ValueError: it holds NaN or infinity.
        TypeError: it holds something that JSON has no word for.
    """
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: AnyPath, document: Mapping[str, Any]) -> None:
    """Writes a document atomically; raises as `json_text` and `write_atomically` do."""
    write_atomically(path, json_text(document))


def write_atomically(path: AnyPath, content: bytes | str) -> None:
    """Gives a file new content in one step: readers, also after a crash, find the old content or the new.

    Raises:
        DiskError: it cannot be written; the old content stays.
    """
    _place(path, content, os.replace)


def write_new(path: AnyPath, content: bytes | str) -> bool:
    """Writes a file atomically unless there is one, and says whether it did: the first writer wins.

    Raises:
        DiskError: it cannot be written.
    """
    try:
        _place(path, content, os.link)
    except FileExistsError:
        return False
    return True


def write_synced(path: AnyPath, content: bytes | str) -> None:
    """Writes a file into a folder that nobody reads yet and forces it to the disk. Raises DiskError."""
    descriptor = change(path, os.open, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        _fill(path, descriptor, content)
    finally:
        os.close(descriptor)


def append(path: AnyPath, content: str) -> None:
    """Adds text to the end of a file, which is made if it is absent; several writers never overwrite each other.

    Raises:
        DiskError: it cannot be written.
    """
    descriptor = open_to_append(path)
    try:
        _write(path, descriptor, content)
    finally:
        os.close(descriptor)


def open_to_append(path: AnyPath) -> int:
    """A descriptor that adds to the end of a file, as the output of a process to be started; the caller closes it.

    Raises:
        DiskError: it cannot be written.
    """
    return change(path, os.open, path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)


def touch(path: AnyPath) -> None:
    """Gives a file a new time of change, as a sign of life. Raises DiskError."""
    change(path, os.utime, path)


def is_temporary(name: str) -> bool:
    """Whether a file's name is that of a write in hand, or of one that was killed."""
    return _TEMPORARY.fullmatch(name) is not None


def _place(path: AnyPath, content: bytes | str, put: Callable[[AnyPath, AnyPath], None]) -> None:
    folder = Path(path).absolute().parent
    _tidy(folder)
    temporary = create_lock_file(folder, f".{Path(path).name}.", ".tmp")
    try:
        _fill(temporary.path, temporary.descriptor, content)
        change(path, put, temporary.path, path)
    finally:
        with contextlib.suppress(DiskError):  # the next writer tidies up what cannot be removed now
            temporary.release()
    sync_folder(folder)


def _tidy(folder: Path) -> None:
    for name in list_folder(folder):
        if is_temporary(name):
            remove_abandoned(folder / name)


def _fill(path: AnyPath, descriptor: int, content: bytes | str) -> None:
    _write(path, descriptor, content)
    change(path, os.fsync, descriptor)


def _write(path: AnyPath, descriptor: int, content: bytes | str) -> None:
    # A lone surrogate, which JSON can spell, survives as JSON readers expect it.
    rest = memoryview(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    while rest:
        rest = rest[change(path, os.write, descriptor, rest) :]  # a disk that gets full takes a part first
