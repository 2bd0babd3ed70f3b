"""Records the digests of downloaded files, to detect when a file of the same name has another content later."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from Arch import files
from Arch.datasets.access import unreadable, unwritable
from Arch.errors import CorruptEntryError, DataError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Digests:
    """The MD5 and SHA-256 of one file, in hexadecimal digits."""

    md5: str
    sha256: str

    def differing(self, md5: str, sha256: str) -> str:
        """Describes the first difference from the published digests; empty if none. Empty digests are skipped."""
        for kind, published, found in (("MD5", md5, self.md5), ("SHA-256", sha256, self.sha256)):
            if published and published != found:
                return f"the {kind} {found} instead of the published {published}"
        return ""


def digests_of(path: Path) -> Digests:
    """Computes the digests of a file.

    Raises:
        DataError: the file cannot be read.
    """
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    try:
        with files.open_file(path) as file:
            while block := file.read(_BLOCK):
                md5.update(block)
                sha256.update(block)
    except OSError as error:
        raise unreadable(path, error, "Put it there, or remove its folder.") from error
    return Digests(md5.hexdigest(), sha256.hexdigest())


class Published(Protocol):
    """The published facts of a file, as in `Arch.datasets.download.download.Remote`."""

    @property
    def url(self) -> str:
        """The address of the file."""

    @property
    def md5(self) -> str:
        """The MD5 in hexadecimal digits; empty if it is not published."""

    @property
    def sha256(self) -> str:
        """The SHA-256 in hexadecimal digits; empty if it is not published."""


@dataclass(frozen=True)
class _Line:
    """The record of a file; an unchanged `size` and `modified` save reading it again."""

    sha256: str
    size: int
    modified: int
    url: str = ""


def _line(found: Any) -> _Line:
    """Returns the record of a file; raises ValueError or TypeError if it is none."""
    line = _Line(**found)
    kinds = (type(line.sha256), type(line.size), type(line.modified), type(line.url))
    if kinds != (str, int, int, str):
        raise ValueError("expected text, two whole numbers and text for each file")
    return line


class Checksums:
    """The recorded digests of the files of one dataset folder, in a file beside it that survives its deletion."""

    def __init__(self, folder: Path) -> None:
        """Takes the folder, which need not exist; reads nothing."""
        self._path = folder.with_name(f"{folder.name}.digests.json")

    def compare(self, path: Path, digests: Digests, published: Published) -> None:
        """Compares the digests of a file with the published and the recorded ones.

        Raises:
            DataError: they differ.
        """
        if wrong := digests.differing(published.md5, published.sha256):
            raise DataError(f"{path} has {wrong}. Remove it and its folder; the data are fetched again.", path)
        known = self._lines().get(path.name)
        if known is not None and known.sha256 != digests.sha256:
            raise DataError(
                f"{path} has the SHA-256 {digests.sha256}, but a file of this name had {known.sha256} before "
                f"({self._path}). Restore the earlier file; if the new one is correct, remove its line there: results "
                "made with the earlier file are then of other data.",
                path,
            )

    def remember(self, path: Path, digests: Digests, published: Published) -> None:
        """Records the digests of a file; raises DataError if the record cannot be written."""
        found = path.stat()
        line = _Line(digests.sha256, found.st_size, found.st_mtime_ns, published.url)
        self._write({**self._lines(), path.name: line})

    def check(self, path: Path, published: Published) -> None:
        """Compares a file as `compare` does, if its size or modification time has changed since it was recorded.

        Raises:
            DataError: the file is missing, or its digests differ.
        """
        line = self._lines().get(path.name)
        try:
            found = path.stat()
        except OSError as error:
            raise DataError(f"{path} is missing. Remove its folder; the data are fetched again.", path) from error
        if line is None or (line.size, line.modified) != (found.st_size, found.st_mtime_ns):
            digests = digests_of(path)
            self.compare(path, digests, published)
            self.remember(path, digests, published)

    def _lines(self) -> dict[str, _Line]:
        try:
            return {name: _line(line) for name, line in files.read_json(self._path).items()}
        except FileNotFoundError:
            return {}
        except (OSError, CorruptEntryError, ValueError, TypeError) as error:
            message = f"cannot read {self._path}: {error}. Restore it, or remove it to trust the files as they are."
            raise DataError(message, self._path) from error

    def _write(self, lines: dict[str, _Line]) -> None:
        try:
            files.make_folder(self._path.parent)
            content = json.dumps({name: asdict(line) for name, line in lines.items()}, indent=1)
            files.write_atomically(self._path, content)
        except OSError as error:
            raise unwritable(self._path, error) from error
