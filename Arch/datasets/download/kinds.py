"""Tells by its content whether a file is of the kind that its name says."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

from Arch.datasets.download.tar_headers import open_tar
from Arch.datasets.download.unpack import is_archive

_START = 512  # bytes that are looked at; the mark of a tar archive stands within its first block
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml version")
_MARKS = {
    ".npz": (b"PK",),
    ".zip": (b"PK",),
    ".gz": (b"\x1f\x8b",),
    ".tgz": (b"\x1f\x8b",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\0",),
    ".npy": (b"\x93NUMPY",),
    ".parquet": (b"PAR1",),
    ".mat": (b"MATLAB ", b"\x89HDF\r\n\x1a\n"),
    ".png": (b"\x89PNG",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
}
_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


def wrong_content(path: Path, name: str) -> str:
    """Returns what a file holds that a file of its name does not, as in "it has ..."; empty if it may be right.

    Args:
        path: the file.
        name: its name, whose suffix says what it should be; of an archive the list of members is read, too.

    Raises:
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        start = file.read(_START)
    lower = name.lower()
    if not start:
        return "no content"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE) and not lower.endswith((".html", ".htm", ".xml")):
        return "the content of a web page"
    if is_archive(name):
        return "" if looks_like_archive(path, name) else "a content that is not an archive"
    marks = next((marks for suffix, marks in _MARKS.items() if lower.endswith(suffix)), ())
    if marks and not start.startswith(marks):
        return f"a content that is not that of a {Path(lower).suffix} file"
    if lower.endswith(".npz") and not _has_members(path):
        return "no readable list of arrays at its end, so that it is incomplete or damaged"
    if lower.endswith(".parquet") and not _ends_with(path, b"PAR1"):
        return "no list of columns at its end, so that it is incomplete or damaged"
    return ""


def looks_like_archive(path: Path, name: str) -> bool:
    """Returns whether a file is a zip archive if `name` ends in `.zip`, else a tar archive of any compression."""
    if name.lower().endswith(".zip"):
        return _has_members(path)
    try:
        with open_tar(path):
            return True
    except _UNREADABLE:  # a compressed archive that ends within its first bytes, or is damaged there
        return False


def _has_members(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return bool(archive.infolist())
    except _UNREADABLE:
        return False


def _ends_with(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - len(mark)))
        return file.read() == mark
