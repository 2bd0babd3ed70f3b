"""The image files of a split: what a folder and a zip archive have in common."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from Arch.datasets.dataset import SplitName
from Arch.errors import DataError

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
WORDS: dict[SplitName, tuple[str, ...]] = {"train": ("train",), "test": ("test", "val", "valid")}


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image: the class its folder names, and its path in the folder or archive it is in."""

    class_name: str
    name: str


@dataclass(frozen=True)
class OpenedFiles:
    """The images of a split, ready to be read.

    Attributes:
        path: the folder or archive.
        listed: all images in the order of the dataset, at least one: by class and then by name, in the order of code
            points, unless the data's makers list them.
        read: gives a file's bytes, from several threads if need be; raises DataError.
        describe: how messages call a file.
        classes: the names of the classes in the order of their numbers; empty for those of the images, sorted.
    """

    path: Path
    listed: tuple[ImageFile, ...]
    read: Callable[[ImageFile], bytes]
    describe: Callable[[ImageFile], str]
    classes: tuple[str, ...] = ()


class ImageFiles(ABC):
    """The images of one split in one place; making one reads nothing but the names at its top."""

    @abstractmethod
    def stamp(self) -> str:
        """A text that differs when the files may have changed: names, sizes and times, not contents."""

    @abstractmethod
    def opened(self) -> AbstractContextManager[OpenedFiles]:
        """The files, readable until the context is left.

        Raises:
            DataError: they cannot be listed, or there are none.
        """


def listed_below(names: Iterable[str], top: str, path: Path) -> tuple[ImageFile, ...]:
    """The image files among `names`, in order.

    Args:
        names: paths with `/`.
        top: what the path of a folder of classes begins with, empty or ending in `/`.
        path: for messages.

    Raises:
        DataError: there are none.
    """
    files = set()
    for name in names:
        parts = name[len(top) :].split("/")
        is_image = name.startswith(top) and len(parts) > 1 and _suffix(parts[-1]) in SUFFIXES
        if is_image and not any(part.startswith((".", "__MACOSX")) for part in parts):
            files.add(ImageFile(parts[0], name))
    if not files:
        raise DataError(
            f"{path} holds no images{f' in {top}' if top else ''}: expected files class/image with a suffix of "
            f"{', '.join(sorted(SUFFIXES))}.",
            path,
        )
    return tuple(sorted(files, key=attrgetter("class_name", "name")))


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # a hundred thousand Paths would take a second


def no_split(path: Path, split: SplitName) -> DataError:
    """The error for a folder or archive without a folder for the `split`."""
    words = " or ".join(f"{word}/" for word in WORDS[split])
    return DataError(
        f"{path} has no {words} at its top. Expected split/class/image files; if each split has a folder or archive "
        "of its own, write {split} into DataPath where their names differ.",
        path,
    )
