"""Anyone's images: a folder or a zip of `split/class/image` files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from Arch.datasets import DATASETS
from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.decoding.archive_files import ArchiveFiles
from Arch.datasets.decoding.folder_files import FolderFiles
from Arch.datasets.decoding.image_files import WORDS, ImageFiles
from Arch.datasets.decoding.images import decode_images
from Arch.datasets.decoding.store import decoded
from Arch.datasets.sources.folder_dataset import key_of
from Arch.datasets.sources.users_data import UsersDataset
from Arch.errors import DataError


@DATASETS.register("ImageFolder")
@dataclass(frozen=True)
class ImageFolder(UsersDataset):
    """A folder or zip of split/class/image files, decoded once and mapped into memory."""

    place = "folder or zip archive the images"

    def at(self, path: str) -> ImageDataset:
        """The images at `path` (`image_files` says what it may be)."""
        return LocatedFolder(self.data_name, path)


@dataclass(frozen=True)
class LocatedFolder(ImageDataset):
    """An `ImageFolder` that knows where its images are.

    Attributes:
        data_name: what the data are called.
        data_path: a folder or zip archive, perhaps with `{split}` in it.
    """

    data_name: str
    data_path: str

    @property
    def name(self) -> str:
        """What the data are called."""
        return self.data_name

    def read(self, root: Path, split: SplitName) -> Images:
        """The images of a split as they are, all of one size; see `ImageDataset.read`."""
        return self._decoded(root, split, None)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """The images of a split, each shrunk to `size` x `size` when it is decoded; they may differ in size."""
        return self._decoded(root, split, size)

    def _decoded(self, root: Path, split: SplitName, size: int | None) -> Images:
        files = image_files(self.data_path, split)
        key = key_of("ImageFolder", split, str(size), files.stamp())
        return decoded(root, key, partial(decode_images, files, size))


def image_files(data_path: str, split: SplitName) -> ImageFiles:
    """The images of a split.

    Args:
        data_path: a folder or a zip of `split/class/image`, or one for each split, named by a path with `{split}`
            in it, of `split/class/image` or `class/image`. The training split is called `train`; the other one
            `test`, or else `val`, or else `valid`. Below a class there may be more folders. Hidden files and files
            without the suffix of an image are passed over.
        split: which.

    Raises:
        DataError: there is no such path.
    """
    has_own_path = "{split}" in data_path
    words = WORDS[split] if has_own_path else ("",)
    paths = [Path(data_path.replace("{split}", word)) for word in words]
    for path in paths:
        if path.is_dir():
            return FolderFiles(path, split, has_own_path=has_own_path)
        if path.exists():
            return ArchiveFiles(path, split, has_own_path=has_own_path)
    raise DataError(
        f"there is no {' or '.join(map(str, paths))}. DataPath must name a folder or a zip archive.", paths[0]
    )
