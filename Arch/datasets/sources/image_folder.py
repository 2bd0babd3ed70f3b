"""The user's images: a folder or a zip archive of `split/class/image` files."""

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
    """A folder or zip of split/class/image files, decoded once and memory-mapped."""

    path_kind = "folder or zip archive with the images"

    def at(self, path: str) -> ImageDataset:
        """Returns the images at `path`; see `image_files` for the layout."""
        return LocatedFolder(self.data_name, path)


@dataclass(frozen=True)
class LocatedFolder(ImageDataset):
    """An `ImageFolder` with the path of its images.

    Attributes:
        data_name: the name of the data.
        data_path: a folder or zip archive; it may contain `{split}`.
    """

    data_name: str
    data_path: str

    @property
    def name(self) -> str:
        """The name of the data."""
        return self.data_name

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the images of a split, which must have one size; see `ImageDataset.read`."""
        return self._decoded(root, split, None)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images of a split, each shrunk to `size` x `size` when it is decoded; sizes may differ."""
        return self._decoded(root, split, size)

    def _decoded(self, root: Path, split: SplitName, size: int | None) -> Images:
        files = image_files(self.data_path, split)
        key = key_of("ImageFolder", split, str(size), files.stamp())
        return decoded(root, key, partial(decode_images, files, size))


def image_files(data_path: str, split: SplitName) -> ImageFiles:
    """Finds the image files of a split.

    Args:
        data_path: a folder or zip archive of `split/class/image` files; or one for each split, of `split/class/image`
            or `class/image` files, if the path contains `{split}`. The training split is named `train`, the test split
            `test`, `val` or `valid`, tried in this order. A class may have subfolders. Hidden files and files without
            the suffix of an image are ignored.
        split: the split to find.

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
