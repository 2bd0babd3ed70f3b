"""The image files of a split in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from Arch.datasets.dataset import SplitName
from Arch.datasets.image_files import WORDS, ImageFile, ImageFiles, OpenedFiles, listed_below, no_split, unreadable


class FolderFiles(ImageFiles):
    """The images below a folder; links are followed."""

    def __init__(self, path: Path, split: SplitName, *, has_own_path: bool) -> None:
        """Takes a folder of splits or, if the split `has_own_path`, perhaps of classes.

        Raises:
            DataError: there is no folder for the split.
        """
        within = next((path / word for word in WORDS[split] if (path / word).is_dir()), None)
        if within is None and not has_own_path:
            raise no_split(path, split)
        self._top = within or path

    def stamp(self) -> str:
        """The folder's place and the names, sizes and times of its images."""
        lines = [str(self._top.resolve())]
        for file in self._listed():
            path = self._top / file.name
            try:
                found = path.stat()
            except OSError as error:
                raise unreadable(path, error) from error
            lines.append(f"{file.name} {found.st_size} {found.st_mtime_ns}")
        return "\n".join(lines)

    @contextmanager
    def opened(self) -> Iterator[OpenedFiles]:
        """The files; see `ImageFiles.opened`."""
        yield OpenedFiles(self._top, self._listed(), self._read, lambda file: str(self._top / file.name))

    def _listed(self) -> tuple[ImageFile, ...]:
        names = []
        for folder, _, files in os.walk(self._top, onerror=_raise_unreadable, followlinks=True):
            below = Path(folder).relative_to(self._top).as_posix()
            names += [f"{below}/{name}" for name in files if below != "."]
        return listed_below(names, "", self._top)

    def _read(self, file: ImageFile) -> bytes:
        path = self._top / file.name
        try:
            return path.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from error


def _raise_unreadable(error: OSError) -> None:
    raise unreadable(Path(str(error.filename)), error) from error
