"""Reads the image files of a split from a zip archive, without unpacking it."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from Arch import files
from Arch.datasets.access import damaged, unreadable
from Arch.datasets.dataset import SplitName
from Arch.datasets.decoding.image_files import (
    WORDS,
    ImageFile,
    ImageFiles,
    OpenedFiles,
    listed_below,
    no_split,
    require_size,
)
from Arch.datasets.decoding.stamps import stamp_of
from Arch.datasets.download.unpack import leads_out
from Arch.errors import DataError

_MOST_MEMBERS = 5_000_000
_ENCRYPTED = 1  # a flag


class ArchiveFiles(ImageFiles):
    """The image files of a split in a zip archive."""

    def __init__(self, path: Path, split: SplitName, *, has_own_path: bool) -> None:
        """Takes the path of an archive; reads nothing.

        Args:
            path: an archive of split/class/image files, or of class/image files if the split `has_own_path`.
            split: the split to read.
            has_own_path: whether each split has an archive of its own.
        """
        self._path, self._split, self._has_own_path = path, split, has_own_path

    def stamp(self) -> str:
        """Returns the path, size and modification time of the archive."""
        return stamp_of(self._path)

    @contextmanager
    def opened(self) -> Iterator[OpenedFiles]:
        """Opens the files; see `ImageFiles.opened`."""
        with self._archive() as archive:
            names = archive.namelist()
            self._check_list(archive.infolist())
            listed = listed_below(names, self._top(names), self._path)
            lock = threading.Lock()

            def describe(file: ImageFile) -> str:
                return f"{file.name} in {self._path}"

            def read(file: ImageFile) -> bytes:
                try:
                    require_size(archive.getinfo(file.name).file_size)
                    with lock:
                        return archive.read(file.name)
                except Exception as error:  # the bytes of the archive steer its reader, which may raise anything
                    message = f"cannot read {describe(file)}: {error}. Replace the archive by an undamaged copy."
                    raise DataError(message, self._path) from error

            yield OpenedFiles(self._path, listed, read, describe)

    def _archive(self) -> zipfile.ZipFile:
        try:
            files.require_file(self._path)
            return zipfile.ZipFile(self._path)
        except OSError as error:
            raise unreadable(self._path, error) from error
        except Exception as error:  # as above
            raise damaged(self._path, f"{self._path} is not a readable zip archive ({error})") from error

    def _top(self, names: list[str]) -> str:
        words = (f"{word}/" for word in WORDS[self._split])
        top = next((word for word in words if any(name.startswith(word) for name in names)), "")
        if not top and not self._has_own_path:
            raise no_split(self._path, self._split)
        return top

    def _check_list(self, members: list[zipfile.ZipInfo]) -> None:
        if len(members) > _MOST_MEMBERS:
            raise DataError(f"{self._path} has {len(members):,} members, where {_MOST_MEMBERS:,} are read.", self._path)
        seen = set[str]()
        for member in members:
            self._check(member.filename)
            if member.flag_bits & _ENCRYPTED:
                raise DataError(f"{self._path} is encrypted. Get a copy without a password.", self._path)
            if member.filename in seen:
                raise DataError(
                    f"{self._path} has two members {member.filename!r}. Nothing was read; make the archive anew.",
                    self._path,
                )
            seen.add(member.filename)

    def _check(self, name: str) -> None:
        if leads_out(name):
            raise DataError(
                f"{self._path} has a member {name!r}, whose path is absolute or leads out of the archive. "
                "Nothing was read; do not trust this archive.",
                self._path,
            )
