"""Datasets that lie in a folder: their own below the folder of data, or the one that `DataPath` names."""

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

_DECODER = 1  # raised when decoding the same files gives other bytes than before
_CHUNK = 512  # images shrunk at once


class FolderDataset(ImageDataset):
    """A dataset of the catalogue, downloaded at its first use where that can be done."""

    def read(self, root: Path, split: SplitName) -> Images:
        """The images of a split; see `ImageDataset.read`."""
        return self.read_in(self.home(root), root, split)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """The images of a split shrunk to `size` x `size`, kept as they are then."""
        return self._shrunk(self.read(root, split), root, split, size)

    def located(self, path: str | Path) -> ImageDataset:
        """The same data in the folder `path`; downloaded if it is empty."""
        return LocatedDataset(self, Path(path)) if str(path).strip() else self

    def home(self, root: Path) -> Path:
        """The data's own folder, fetched if it is not there.

        Raises:
            DataError: it cannot be.
        """
        source = CATALOGUE[self.name].source
        return home_of(self.name, root) if source is None else fetched(root, source)

    @abstractmethod
    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """The images of a split that lie in `folder`; what is decoded is left in `root`.

        Raises:
            DataError: they are not what they should be.
        """

    def shrunk_in(self, folder: Path, root: Path, split: SplitName, size: int) -> Images:
        """As `read_in`, shrunk to `size` x `size`."""
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
    """A dataset whose place was given.

    Attributes:
        dataset: which.
        folder: where it lies.
    """

    dataset: FolderDataset
    folder: Path

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.dataset.name

    def read(self, root: Path, split: SplitName) -> Images:
        """The images of a split; see `ImageDataset.read`."""
        return self.dataset.read_in(self._checked(), root, split)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """The images of a split shrunk to `size` x `size`."""
        return self.dataset.shrunk_in(self._checked(), root, split, size)

    def _checked(self) -> Path:
        if not self.folder.is_dir():
            raise DataError(f"there is no folder {self.folder}. DataPath must say where {self.name} lies.", self.folder)
        return self.folder


class ImageFileDataset(FolderDataset):
    """A dataset of image files, decoded by threads into a mapped file; there is never more than a part in memory."""

    @abstractmethod
    def files_in(self, folder: Path, split: SplitName) -> ImageFiles:
        """The image files of a split.

        Raises:
            DataError: they are not as they should be.
        """

    @property
    def style(self) -> DecodeStyle:
        """How they are decoded."""
        return DecodeStyle(is_colour=True, may_enlarge=bool(CATALOGUE[self.name].customary_size))

    def read(self, root: Path, split: SplitName) -> Images:
        """The images of a split as they are.

        Raises:
            DataError: their sizes differ, or as `ImageDataset.read`.
        """
        self._check_size()
        return super().read(root, split)

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """The images as they are; see `FolderDataset.read_in`."""
        self._check_size()
        return self._decoded(folder, root, split, None)

    def read_downsampled(self, root: Path, split: SplitName, size: int) -> Images:
        """The images of a split, each shrunk when it is decoded."""
        return self.shrunk_in(self.home(root), root, split, size)

    def shrunk_in(self, folder: Path, root: Path, split: SplitName, size: int) -> Images:
        """The images, each shrunk when it is decoded."""
        return self._decoded(folder, root, split, size)

    def _check_size(self) -> None:
        if customary := CATALOGUE[self.name].customary_size:
            raise DataError(
                f"the images of {self.name} differ in size: set DownSample to the side they are to have, customarily "
                f"{customary}."
            )

    def _decoded(self, folder: Path, root: Path, split: SplitName, size: int | None) -> Images:
        files, style = self.files_in(folder, split), self.style
        key = key_of(self.name, split, f"{size} {style}", files.stamp())
        return decoded(root, key, lambda target: decode_images(files, size, target, style))


def key_of(name: str, split: SplitName, *what: str) -> str:
    """The name under which decoded images are kept: of `what` their bytes depend on."""
    digest = hashlib.sha256("\n".join((str(_DECODER), *what)).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{name}-{split}-{digest[:32]}"


def decoded_arrays(
    root: Path, name: str, split: SplitName, paths: Iterable[Path], decode: Callable[[Path], None]
) -> Images:
    """The images that `decode` writes, once for files of these sizes and times.

    Raises:
        DataError: a file is missing, or what `decode` raises.
    """
    return decoded(root, key_of(name, split, *map(stamp_of, paths)), decode)
