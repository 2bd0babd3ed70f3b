"""Lists and reads the image files of a split in a folder."""

from __future__ import annotations

import os
from abc import abstractmethod
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
from Arch.errors import DataError

_MOST_FOLDERS, _MOST_FILES = 1_000_000, 50_000_000  # links in each other can show the same folders 2^N times


class FilesBelow(ImageFiles):
    """Image files below a folder; subclasses list them."""

    def __init__(self, top: Path) -> None:
        """Takes the folder; reads nothing."""
        self._top = top

    @abstractmethod
    def listed(self) -> tuple[ImageFile, ...]:
        """Lists the images in the order of the dataset; raises DataError."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in label order; empty to use the sorted class names of the images."""
        return ()

    def stamp(self) -> str:
        """Returns the path of the folder and the names, sizes and modification times of its images."""
        lines = [str(self._top.resolve())]
        for file in self.listed():
            path = f"{self._top}/{file.name}"
            try:
                found = os.stat(path)  # noqa: PTH116  # a hundred thousand Paths would take a second
            except OSError as error:
                raise unreadable(Path(path), error) from error
            lines.append(f"{file.name} {found.st_size} {found.st_mtime_ns}")
        return "\n".join(lines)

    @contextmanager
    def opened(self) -> Iterator[OpenedFiles]:
        """Opens the files; see `ImageFiles.opened`."""
        yield OpenedFiles(self._top, self.listed(), self._read, lambda file: str(self._top / file.name), self.classes)

    def _read(self, file: ImageFile) -> bytes:
        path = self._top / file.name
        try:
            with files.open_file(path) as opened:
                require_size(os.fstat(opened.fileno()).st_size)
                return opened.read()
        except OSError as error:
            raise unreadable(path, error) from error
        except ValueError as error:
            raise damaged(path, f"cannot read {path}: {error}") from error


class ListedFiles(FilesBelow):
    """Image files of a given list."""

    def __init__(self, top: Path, listed: tuple[ImageFile, ...], classes: tuple[str, ...] = ()) -> None:
        """Takes the folder, the images below it in order, and the classes in label order.

        Raises:
            DataError: the list is empty, or a path leads out of the folder.
        """
        super().__init__(top)
        climbing = next((file.name for file in listed if _leads_out(file.name)), None)
        if climbing is not None:
            raise DataError(f"an image of {top} is listed as {climbing!r}, which is not below it.", top)
        if not listed:
            raise DataError(f"nothing in {top} is listed as an image of this split. Get an undamaged copy.", top)
        self._files, self._classes = listed, classes

    def stamp(self) -> str:
        """Returns the stamp of the files and of their labels."""
        labels = (file.class_name for file in self._files)
        return "\n".join((super().stamp(), *self._classes, *labels))

    def listed(self) -> tuple[ImageFile, ...]:
        """Returns the images in the order of the list."""
        return self._files

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes in label order."""
        return self._classes


class ClassFolders(FilesBelow):
    """Image files in one folder for each class, whose stamp covers the folders only.

    So the stamp needs no `stat` of a million files at each start, but misses a file that is overwritten in place.
    """

    def __init__(self, top: Path, below: str = "") -> None:
        """Takes the folder of the class folders and the name of a folder that each may have; reads nothing."""
        super().__init__(top)
        self._below = below

    def listed(self) -> tuple[ImageFile, ...]:
        """Lists the images by class and then by name."""
        return files_of_classes(self._top)

    def stamp(self) -> str:
        """Returns the path, and the names and modification times of the class folders."""
        try:
            folders = sorted(path for path in self._top.iterdir() if path.is_dir())
            within = [path / self._below if (path / self._below).is_dir() else path for path in folders]
            times = [f"{path.relative_to(self._top)} {path.stat().st_mtime_ns}" for path in within]
        except OSError as error:
            raise unreadable(self._top, error) from error
        return "\n".join((str(self._top.resolve()), *times))


class FolderFiles(FilesBelow):
    """Image files of a split in one folder for each class; links are followed."""

    def __init__(self, path: Path, split: SplitName, *, has_own_path: bool) -> None:
        """Takes the path of a folder; reads only the names at its top.

        Args:
            path: a folder of split/class/image files, or of class/image files if the split `has_own_path`.
            split: the split to read.
            has_own_path: whether each split has a folder of its own.

        Raises:
            DataError: there is no folder for the split.
        """
        within = next((path / word for word in WORDS[split] if (path / word).is_dir()), None)
        if within is None and not has_own_path:
            raise no_split(path, split)
        super().__init__(within or path)

    def listed(self) -> tuple[ImageFile, ...]:
        """Lists the images by class and then by name."""
        return files_of_classes(self._top)


def files_of_classes(top: Path) -> tuple[ImageFile, ...]:
    """Lists the image files in the class folders below a folder, by class and then by name; raises DataError."""
    names = list[str]()
    for count, (folder, folders, listed) in enumerate(os.walk(top, onerror=_raise_unreadable, followlinks=True), 1):
        _check_links(Path(folder), folders)
        if count > _MOST_FOLDERS or len(names) > _MOST_FILES:
            raise DataError(
                f"{top} has more than {_MOST_FOLDERS:,} folders or {_MOST_FILES:,} files: links lead to the same ones "
                "again and again, or this is not the folder of a dataset.",
                top,
            )
        below = Path(folder).relative_to(top).as_posix()
        names += [f"{below}/{name}" for name in listed if below != "."]
    return listed_below(names, "", top)


def _leads_out(name: str) -> bool:
    """Returns whether a path in a list is not below the folder; quick, since lists have a hundred thousand lines."""
    return name.startswith("/") or "\0" in name or (".." in name and ".." in name.split("/"))


def _check_links(folder: Path, names: list[str]) -> None:
    """Checks that no link leads to a folder that contains it, which would list the same images without end."""
    for link in filter(Path.is_symlink, (folder / name for name in names)):
        target = link.resolve()
        if any(around.resolve() == target for around in (folder, *folder.parents)):
            raise DataError(f"{link} links to a folder that contains it: remove this link.", link)


def _raise_unreadable(error: OSError) -> None:
    raise unreadable(Path(str(error.filename)), error) from error
