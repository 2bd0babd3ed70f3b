"""Damages files without regard to their format, and puts other things in their places."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from random import Random

from tests.fuzzing.sandbox import Sandbox


def flip(rng: Random, path: Path) -> str:
    """Changes some bytes."""
    content = bytearray(path.read_bytes())
    places = [_place(rng, content) for _ in range(rng.choice((1, 1, 2, 8)))] if content else []
    for place in places:
        content[place] ^= rng.randrange(1, 256)
    path.write_bytes(content)
    return f"bytes {places} are flipped"


def _place(rng: Random, content: bytes | bytearray) -> int:
    """Returns a place in a content; takes one number of the stream, whatever the size."""
    return int(rng.random() * len(content))


def cut(rng: Random, path: Path) -> str:
    """Removes the end."""
    content = path.read_bytes()
    size = rng.choice((0, 1, len(content) // 2, max(len(content) - 1, 0), _place(rng, content)))
    path.write_bytes(content[:size])
    return f"cut to {size} of {len(content)} bytes"


def append(rng: Random, path: Path) -> str:
    """Adds to the end."""
    more = rng.choice((b"\0", b"}", b"garbage", b"\n" * 1_000, path.read_bytes(), b"\xff\xfe"))
    path.write_bytes(path.read_bytes() + more)
    return f"{len(more)} bytes are appended"


def splice(rng: Random, path: Path) -> str:
    """Inserts bytes."""
    content = path.read_bytes()
    place = _place(rng, content)
    more = rng.choice(
        (b"\0", b"\xff\xfe", b"\x1b[31m", b"\xc2\x9b", b"\xe2\x80\xae", b"\n", b"'", b'"', b"[" * 5_000, b"//")
    )
    path.write_bytes(content[:place] + more + content[place:])
    return f"{more[:12]!r} is inserted at {place}"


def garbage(rng: Random, path: Path) -> str:
    """Replaces the content by bytes of no format, or of another one."""
    kind = rng.randrange(4)
    content = (
        rng.randbytes(rng.choice((1, 40, 5_000))),
        b"<!DOCTYPE html><html></html>",
        b"PK\x03\x04",
        b"\0" * 1_000,
    )[kind]
    path.write_bytes(content)
    return f"the content is {content[:16]!r}..."


def grow(rng: Random, path: Path) -> str:
    """Makes a file huge, without filling the disk."""
    size = rng.choice((12 << 20, 3 << 30))
    with path.open("r+b") as file:
        file.truncate(size)
    return f"zeros up to {size >> 20} MB"


def to_pipe(_: Random, path: Path) -> str:
    """Puts a named pipe in the place of a file."""
    path.unlink()
    os.mkfifo(path)
    return "a named pipe"


def to_folder(_: Random, path: Path) -> str:
    """Puts a folder in the place of a file."""
    path.unlink()
    (path / "x").mkdir(parents=True)
    return "a folder"


def to_nothing(_: Random, path: Path) -> str:
    """Removes a file."""
    path.unlink()
    return "missing"


def to_socket(_: Random, path: Path) -> str:
    """Puts a socket in the place of a file."""
    path.unlink()
    os.mknod(path, stat.S_IFSOCK | 0o600)
    return "a socket"


def to_link(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Puts a symbolic link in the place of a file or folder."""
    targets = (
        path.name,
        "nowhere",
        "/dev/zero",
        "/dev/stdin",
        sandbox.canary / "secret.json",
        sandbox.canary / path.name,
    )
    target = rng.choice((*targets, sandbox.canary, sandbox.canary / "deep"))
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(target)
    return f"a link to {str(target).replace(str(sandbox.folder), 'SANDBOX')}"


BYTES = (flip, flip, flip, cut, cut, append, splice, garbage)
PLACES = (to_pipe, to_folder, to_nothing, to_socket, grow)


def change_bytes(rng: Random, path: Path) -> str:
    """Damages the content of a file and says how."""
    return rng.choice(BYTES)(rng, path)


def change_place(rng: Random, path: Path, sandbox: Sandbox) -> str:
    """Puts something else in the place of a file and says what."""
    if rng.random() < 0.3:
        return to_link(rng, path, sandbox)
    return rng.choice(PLACES)(rng, path)
