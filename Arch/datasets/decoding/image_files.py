"""The image files of a split: the common interface of folders and zip archives."""

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
from Arch.types import SPLIT_WORDS
from Arch.units import size_text

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
WORDS: dict[SplitName, tuple[str, ...]] = {"train": SPLIT_WORDS[:1], "test": SPLIT_WORDS[1:]}


MOST_BYTES = 1 << 29  # of an image file, which is read as a whole


@dataclass(frozen=True, slots=True)
class ImageFile:
    """One image file: its class and its path relative to the folder or archive."""

    class_name: str
    name: str


@dataclass(frozen=True)
class OpenedFiles:
    """The image files of a split, opened for reading.

    Attributes:
        path: the folder or archive.
        listed: all images in the order of the dataset, at least one: by class and then by name (by code points), unless
            the dataset comes with a list.
        read: returns the bytes of a file; thread-safe; raises DataError.
        describe: returns the name of a file for messages.
        classes: the names of the classes in label order; empty to use the sorted class names of the images.
    """

    path: Path
    listed: tuple[ImageFile, ...]
    read: Callable[[ImageFile], bytes]
    describe: Callable[[ImageFile], str]
    classes: tuple[str, ...] = ()


class ImageFiles(ABC):
    """The image files of one split in one folder or archive; the constructor reads at most the top-level names."""

    @abstractmethod
    def stamp(self) -> str:
        """Returns a text that differs when the files may have changed: names, sizes and times, not contents."""

    @abstractmethod
    def opened(self) -> AbstractContextManager[OpenedFiles]:
        """Opens the files; they can be read until the context exits.

        Raises:
            DataError: the files cannot be listed, or there are none.
        """


def listed_below(names: Iterable[str], top: str, path: Path) -> tuple[ImageFile, ...]:
    """Selects the image files among `names`, sorted by class and then by name.

    Args:
        names: paths with `/`.
        top: the path of the folder of class folders, empty or ending in `/`.
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


def require_size(size: int) -> None:
    """Checks that an image file of so many bytes may be read as a whole; raises ValueError if it is too large."""
    if size > MOST_BYTES:
        raise ValueError(f"it has {size_text(size)}, more than the {size_text(MOST_BYTES)} of the largest images")


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  # a hundred thousand Paths would take a second


def no_split(path: Path, split: SplitName) -> DataError:
    """Returns the error for a folder or archive without a folder for the `split`."""
    words = " or ".join(f"{word}/" for word in WORDS[split])
    return DataError(
        f"{path} has no {words} at its top. Expected split/class/image files; if each split has a folder or archive "
        "of its own, write {split} into DataPath where their names differ.",
        path,
    )
