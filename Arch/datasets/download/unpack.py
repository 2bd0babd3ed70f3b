"""Unpacks archives safely: nothing is written outside the target folder, and the unpacked size is limited."""

from __future__ import annotations

import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from Arch.datasets.access import unwritable
from Arch.datasets.download.limits import Limits
from Arch.datasets.download.tar_headers import open_tar
from Arch.errors import DataError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")
_GROWTH, _ALLOWANCE = 100, 1 << 26  # limit of the unpacked size: 100 times the archive plus 64 MiB
_MEMBERS = 5_000_000
_DEPTH, _LONGEST = 64, 255  # folders in each other, and bytes of a name, as file systems have them
_ENCRYPTED = 1  # a flag of zip archives
_BLOCK = 1 << 20
_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


def is_archive(name: str) -> bool:
    """Returns whether `unpack` supports a file of this name."""
    return name.lower().endswith(SUFFIXES)


def leads_out(name: str) -> bool:
    """Returns whether a member's path is absolute or contains `..` or NUL, by the rules of POSIX or Windows."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or bool(PureWindowsPath(name).drive) or ".." in parts or "\0" in name


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks a zip or tar archive into an existing folder, reading it to its end, where a checksum may stand.

    Only files and folders are unpacked, with default permissions.

    Raises:
        DataError: the archive is damaged or encrypted; it has a member that `leads_out` rejects, that lies very deep,
            is there twice, or is a link or a device; it exceeds the free space or the limit on the unpacked size or the
            number of members; or `folder` cannot be written. What has been unpacked by then remains in `folder`; the
            last file may be incomplete.
    """
    try:
        limits = Limits.of(archive, folder, _GROWTH * archive.stat().st_size + _ALLOWANCE, _MEMBERS)
        with _members(archive, limits) as members:
            for member in members:
                limits.count_member()
                _check(archive, member.name)
                _place(member, folder, limits)
    except (FileExistsError, NotADirectoryError) as error:
        name = Path(str(error.filename)).name
        raise _damaged(archive, f"it has {name!r} twice, or both as a file and as a folder") from error
    except _UNREADABLE as error:
        raise _damaged(archive, error) from error
    except OSError as error:
        if error.errno is None:  # raised by gzip and bz2, not by the operating system: the archive is damaged
            raise _damaged(archive, error) from error
        raise unwritable(folder, error) from error


@dataclass(frozen=True)
class _Member:
    """A file or folder in an archive.

    Attributes:
        name: its path.
        is_folder: whether it is a folder.
        size: the bytes of the file, as the archive states them.
        opened: opens the file.
    """

    name: str
    is_folder: bool
    size: int
    opened: Callable[[], IO[bytes]]


@contextmanager
def _members(archive: Path, limits: Limits) -> Iterator[Iterator[_Member]]:
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as opened:
            limits.require(sum(info.file_size for info in opened.infolist()))
            yield _in_zip(archive, opened)
    else:
        with open_tar(archive) as tar:
            yield _in_tar(archive, tar, limits)


def _in_zip(archive: Path, opened: zipfile.ZipFile) -> Iterator[_Member]:
    for info in opened.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise _no_plain_file(archive, info.filename)
        if info.flag_bits & _ENCRYPTED:
            raise DataError(
                f"{archive} is encrypted, and there is no password for it. Get a copy without one.", archive
            )
        yield _Member(info.filename, info.is_dir(), info.file_size, partial(opened.open, info))


def _in_tar(archive: Path, opened: tarfile.TarFile, limits: Limits) -> Iterator[_Member]:
    while (info := opened.next()) is not None:
        opened.members = []  # type: ignore[attr-defined]  # absent in typeshed; it would keep millions of headers in memory
        if not (info.isfile() or info.isdir()):
            raise _no_plain_file(archive, info.name)
        yield _Member(info.name, info.isdir(), info.size, partial(opened.fileobject, opened, info))
    while opened.fileobj and (rest := opened.fileobj.read(_BLOCK)):  # the checksum comes after all members
        limits.take(len(rest))


def _place(member: _Member, folder: Path, limits: Limits) -> None:
    target = folder / member.name
    if member.is_folder:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    written = _written(member.opened, target, limits.most)
    limits.take(written)
    if written != member.size:
        raise EOFError(f"{member.name} has {written} bytes and not the {member.size} that the archive states")


def _damaged(archive: Path, error: Exception | str) -> DataError:
    return DataError(
        f"cannot unpack {archive}: {str(error).rstrip('.')}. Remove it and give the command again, which downloads it "
        "anew.",
        archive,
    )


def _check(archive: Path, name: str) -> None:
    if leads_out(name):
        raise DataError(
            f"{archive} has a member {name!r}, whose path is absolute or leads out of the archive. Do not trust it.",
            archive,
        )
    parts = name.split("/")
    if len(parts) > _DEPTH or max(map(len, parts)) > _LONGEST:
        raise DataError(
            f"{archive} has a member with a path of {len(parts)} parts and {len(name)} characters, which is too long. "
            "Do not trust it.",
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
    with opened() as source, target.open("xb") as file:
        while file.tell() <= limit and (block := source.read(_BLOCK)):
            file.write(block)
        return file.tell()
