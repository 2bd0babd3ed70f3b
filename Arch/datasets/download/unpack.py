"""Unpacks archives safely: nothing is written outside the target folder, and the unpacked size is limited."""

from __future__ import annotations

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from Arch.datasets.access import unwritable
from Arch.errors import DataError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")
_GROWTH, _ALLOWANCE = 100, 1 << 26  # limit of the unpacked size: 100 times the archive plus 64 MiB
_MEMBERS = 5_000_000
_BLOCK = 1 << 20
_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


def is_archive(name: str) -> bool:
    """Returns whether `unpack` supports a file of this name."""
    return name.lower().endswith(SUFFIXES)


def looks_like_archive(path: Path, name: str) -> bool:
    """Returns whether a file is a zip archive if `name` ends in `.zip`, else a tar archive of any compression.

    Raises:
        OSError: a tar archive cannot be read; an unreadable zip archive returns False.
    """
    if name.lower().endswith(".zip"):
        return zipfile.is_zipfile(path)
    try:
        return tarfile.is_tarfile(path)
    except EOFError:  # a compressed archive that ends within its first bytes
        return False


def leads_out(name: str) -> bool:
    """Returns whether a member's path is absolute or contains `..` or NUL, by the rules of POSIX or Windows."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or bool(PureWindowsPath(name).drive) or ".." in parts or "\0" in name


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a zip or tar archive into an existing folder.

    Only files and folders are unpacked, with default permissions.

    Raises:
        DataError: the archive is damaged, has a member that `leads_out` rejects or that is a link or a device, or
            exceeds the limit on the unpacked size or the number of members, or `folder` cannot be written. What has
            been unpacked by then remains in `folder`; the last file may be incomplete.
    """
    budget = [_GROWTH * archive.stat().st_size + _ALLOWANCE, _MEMBERS]
    try:
        with _members(archive) as members:
            for name, is_folder, opened in members:
                _check(archive, name)
                target = folder / name
                budget[1] -= 1
                if is_folder:
                    target.mkdir(parents=True, exist_ok=True)
                else:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    budget[0] -= _written(opened, target, budget[0])
                if min(budget) < 0:
                    raise DataError(f"{archive} unpacks to far more than its size: do not trust it.", archive)
    except _UNREADABLE as error:
        raise _damaged(archive, error) from error
    except OSError as error:
        if error.errno is None:  # raised by gzip and bz2, not by the operating system: the archive is damaged
            raise _damaged(archive, error) from error
        raise unwritable(folder, error) from error


Member = tuple[str, bool, Callable[[], IO[bytes]]]


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[Member]]:
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as opened:
            yield _in_zip(archive, opened)
    else:
        with tarfile.open(archive) as tar:
            yield _in_tar(archive, tar)


def _in_zip(archive: Path, opened: zipfile.ZipFile) -> Iterator[Member]:
    for info in opened.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _no_plain_file(archive, info.filename)
        yield info.filename, info.is_dir(), partial(opened.open, info)


def _in_tar(archive: Path, opened: tarfile.TarFile) -> Iterator[Member]:
    for info in opened:
        if not (info.isfile() or info.isdir()):
            raise _no_plain_file(archive, info.name)
        yield info.name, info.isdir(), partial(opened.fileobject, opened, info)


def _damaged(archive: Path, error: Exception) -> DataError:
    return DataError(f"cannot unpack {archive}: {error}. Remove it; it is downloaded again.", archive)


def _check(archive: Path, name: str) -> None:
    if leads_out(name):
        raise DataError(
            f"{archive} has a member {name!r}, whose path is absolute or leads out of the archive. Do not trust it.",
            archive,
        )


def _no_plain_file(archive: Path, name: str) -> DataError:
    return DataError(
        f"{archive} has a member {name!r}, which is a link or a device; only files and folders are unpacked. "
        "Do not trust it.",
        archive,
    )


def _written(opened: Callable[[], IO[bytes]], target: Path, limit: int) -> int:
    """Writes a member, at most one block beyond `limit` bytes, and returns the number of bytes written."""
    with opened() as source, target.open("wb") as file:
        while file.tell() <= limit and (block := source.read(_BLOCK)):
            file.write(block)
        return file.tell()
