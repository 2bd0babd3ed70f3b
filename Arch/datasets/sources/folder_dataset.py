"""Base classes of datasets in a folder: their own in the data folder, or the one that `DataPath` names."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch

from Arch.datasets.dataset import ImageDataset, Images, SplitName
from Arch.datasets.decoding.image_files import ImageFiles
from Arch.datasets.decoding.images import DecodeStyle, decode_images
from Arch.datasets.decoding.stamps import stamp_of
from Arch.datasets.decoding.store import ImageWriter, decoded
from Arch.datasets.download.download import fetched
from Arch.datasets.resizing import downsampled
from Arch.datasets.sources.catalogue import CATALOGUE, home_of
from Arch.errors import DataError

_DECODER = 1  # increase it when decoding gives other bytes for the same files
_CHUNK = 512  # images shrunk at once


class FolderDataset(ImageDataset):
    """A dataset of the catalogue, downloaded at its first use if it has a source."""

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the images of a split; see `ImageDataset.read`."""
        return self.read_in(self.home(root), root, split)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images of a split shrunk to `size` x `size`, which are stored after the first time."""
        return self._shrunk(self.read(root, split), root, split, size)

    def located(self, path: str | Path) -> ImageDataset:
        """Returns the dataset that reads from the folder `path`; itself if the path is empty."""
        return LocatedDataset(self, Path(path)) if str(path).strip() else self

    def home(self, root: Path) -> Path:
        """Returns the folder of the dataset in the data folder, after downloading it if it is missing.

        Raises:
            DataError: it cannot be downloaded.
        """
        source = CATALOGUE[self.name].source
        return home_of(self.name, root) if source is None else fetched(root, source)

    @abstractmethod
    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads the images of a split in `folder`; decoded images are stored in `root`.

        Raises:
            DataError: files are missing, unreadable or of another format.
        """

    def shrunk_in(self, folder: Path, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images as `read_in` does, shrunk to `size` x `size`."""
        return self._shrunk(self.read_in(folder, root, split), root, split, size)

    def _shrunk(self, images: Images, root: Path, split: SplitName, size: int) -> Images:
        n, channels, _, _ = images.pixels.shape

        def decode(target: Path) -> None:
            with ImageWriter(target, (n, size, size, channels), images.classes) as writer:
                for chunk in torch.split(images.pixels, _CHUNK):
                    writer.add(downsampled(chunk, size).permute(0, 2, 3, 1).numpy())
                writer.finish(images.labels.numpy())

        return decoded(root, key_of(self.name, split, f"shrunk to {size}", images.digest), decode)


@dataclass(frozen=True)
class LocatedDataset(ImageDataset):
    """A dataset in a folder that the user gives.

    Attributes:
        dataset: the dataset to read.
        folder: its folder.
    """

    dataset: FolderDataset
    folder: Path

    @property
    def name(self) -> str:
        """The name of the dataset in messages."""
        return self.dataset.name

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the images of a split; see `ImageDataset.read`."""
        return self.dataset.read_in(self._checked(), root, split)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images of a split shrunk to `size` x `size`."""
        return self.dataset.shrunk_in(self._checked(), root, split, size)

    def _checked(self) -> Path:
        if not self.folder.is_dir():
            raise DataError(
                f"there is no folder {self.folder}. DataPath must name the folder of {self.name}.", self.folder
            )
        return self.folder


class ImageFileDataset(FolderDataset):
    """A dataset of image files, decoded by threads into a memory-mapped file, a part at a time."""

    @abstractmethod
    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """Lists the image files of a split.

        Raises:
            DataError: files are missing or of another format.
        """

    @property
    def style(self) -> DecodeStyle:
        """The options of decoding."""
        return DecodeStyle(is_colour=True, may_enlarge=bool(CATALOGUE[self.name].customary_size))

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the images of a split without resizing them.

        Raises:
            DataError: their sizes differ, or as `ImageDataset.read`.
        """
        self._check_size()
        return super().read(root, split)

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads the images without resizing them; see `FolderDataset.read_in`."""
        self._check_size()
        return self._decoded(folder, root, split, None)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images of a split, each shrunk when it is decoded."""
        return self.shrunk_in(self.home(root), root, split, size)

    def shrunk_in(self, folder: Path, root: Path, split: SplitName, size: int) -> Images:
        """Reads the images, each shrunk when it is decoded."""
        return self._decoded(folder, root, split, size)

    def _check_size(self) -> None:
        if customary := CATALOGUE[self.name].customary_size:
            raise DataError(
                f"the images of {self.name} differ in size: set DownSample to the side in pixels to resize them to, "
                f"usually {customary}."
            )

    def _decoded(self, folder: Path, root: Path, split: SplitName, size: int | None) -> Images:
        files, style = self.files_in(folder, split), self.style
        key = key_of(self.name, split, f"{size} {style}", files.stamp())
        return decoded(root, key, lambda target: decode_images(files, size, target, style))


def key_of(name: str, split: SplitName, *what: str) -> str:
    """Returns the key of decoded images, a file name with the hash of `what` their bytes depend on."""
    digest = hashlib.sha256("\n".join((str(_DECODER), *what)).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{name}-{split}-{digest[:32]}"


def decoded_arrays(
    root: Path, name: str, split: SplitName, paths: Iterable[Path], decode: Callable[[Path], None]
) -> Images:
    """Returns the images that `decode` writes, calling it only if files of these sizes and times are not stored yet.

    Raises:
        DataError: a file is missing, or `decode` failed.
    """
    return decoded(root, key_of(name, split, *map(stamp_of, paths)), decode)
