"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009), from the files that torchvision downloads."""

from __future__ import annotations

import hashlib
import pickle
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from Arch.datasets import DATASETS
from Arch.datasets.access import damaged, unreadable
from Arch.datasets.dataset import Images, SplitName
from Arch.datasets.decoding.store import ImageWriter, decoded
from Arch.datasets.sources.folder_dataset import FolderDataset
from Arch.errors import DataError
from Arch.files import open_file, require_file


class _CIFAR(FolderDataset):
    """Base class of the CIFAR datasets: pickled batches of 32x32 RGB images, channels first.

    Class attributes:
        labels_key: the key of the labels in a batch.
        names_key: the key of the class names in the meta file.
    """

    labels_key: ClassVar[str]
    names_key: ClassVar[str]

    @abstractmethod
    def source(self) -> Any:
        """Returns the torchvision dataset class, which lists the file names and their MD5 sums."""

    def read(self, root: Path, split: SplitName) -> Images:
        """Reads the images of a split; once they are decoded, the downloaded files are not needed."""
        return self._decoded(root, split, lambda: self.home(root))

    def read_in(self, folder: Path, root: Path, split: SplitName) -> Images:
        """Reads the images from the folder of the batch files, or from its parent; see `FolderDataset.read_in`."""
        return self._decoded(root, split, lambda: folder)

    def _decoded(self, root: Path, split: SplitName, find: Callable[[], Path]) -> Images:
        source = self.source()
        parts = source.train_list if split == "train" else source.test_list
        listed_files = repr((parts, source.meta))
        key = f"{self.name}-{split}-{hashlib.sha256(listed_files.encode()).hexdigest()[:16]}"

        def decode(target: Path) -> None:
            within = find()
            folder = within / source.base_folder if (within / source.base_folder).is_dir() else within
            _check(source, folder)
            files = [folder / name for name, _ in parts]
            write_batches(files, folder / source.meta["filename"], (self.labels_key, self.names_key), target)

        return decoded(root, key, decode)


@DATASETS.register("CIFAR10")
@dataclass(frozen=True)
class CIFAR10(_CIFAR):
    """60,000 photographs, 10 classes, 32x32 RGB: 50,000 train, 10,000 test; downloaded (170 MB)."""

    labels_key = "labels"
    names_key = "label_names"

    def source(self) -> Any:
        """Returns `torchvision.datasets.CIFAR10`."""
        import torchvision  # takes a second to import, which most datasets do not need

        return torchvision.datasets.CIFAR10


class _CIFAR100(_CIFAR):
    def source(self) -> Any:
        """Returns `torchvision.datasets.CIFAR100`."""
        import torchvision  # takes a second to import, as above

        return torchvision.datasets.CIFAR100


@DATASETS.register("CIFAR100F")
@dataclass(frozen=True)
class CIFAR100F(_CIFAR100):
    """CIFAR-100 with its 100 fine classes, 32x32 RGB: 50,000 train, 10,000 test; downloaded (170 MB)."""

    labels_key = "fine_labels"
    names_key = "fine_label_names"


@DATASETS.register("CIFAR100C")
@dataclass(frozen=True)
class CIFAR100C(_CIFAR100):
    """CIFAR-100 with its 20 coarse classes, 32x32 RGB: 50,000 train, 10,000 test; downloaded (170 MB)."""

    labels_key = "coarse_labels"
    names_key = "coarse_label_names"


def write_batches(files: list[Path], meta: Path, keys: tuple[str, str], target: Path) -> None:
    """Writes the images of the pickled batches `files` into the folder `target`.

    A file is a dictionary with `data`, uint8 `(n, 3072)`: 1,024 red, green, then blue values of a 32x32 image by
    rows, and lists of labels. The MD5 of the files must have been checked, since unpickling can run any code.

    Args:
        files: batches, in order.
        meta: the file with the names of the classes.
        keys: the key of the labels in a batch, and of the class names in `meta`.
        target: an existing folder.

    Raises:
        DataError: a file is unreadable or of another format.
    """
    labels_key, names_key = keys
    batches = [_unpickled(file) for file in files]
    try:
        classes = tuple(_unpickled(meta)[names_key])
        pixels = [np.asarray(batch["data"], dtype=np.uint8).reshape(-1, 3, 32, 32) for batch in batches]
        labels = [label for batch in batches for label in batch[labels_key]]
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{meta.parent} does not hold CIFAR batches with {labels_key!r}: {error}.") from error
    with ImageWriter(target, (len(labels), 32, 32, 3), classes) as writer:
        for planes in pixels:
            writer.add(planes.transpose(0, 2, 3, 1))
        writer.finish(labels)


def _unpickled(path: Path) -> dict[str, Any]:
    try:
        with open_file(path) as file:
            content: dict[str, Any] = pickle.load(file, encoding="latin1")  # noqa: S301  # verified by its MD5
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError) as error:
        raise damaged(path, f"cannot read {path}: {error}") from error
    return content


def _require_file(path: Path) -> None:
    try:
        require_file(path)
    except OSError as error:
        raise unreadable(path, error) from error


def _check(source: Any, folder: Path) -> None:
    """Checks that each file has the MD5 that torchvision states, without which it must not be unpickled."""
    from torchvision.datasets.utils import check_integrity  # takes a second to import

    meta = (source.meta["filename"], source.meta["md5"])
    for name, md5 in (*source.train_list, *source.test_list, meta):
        if (folder / name).exists():
            _require_file(folder / name)
        if not check_integrity(str(folder / name), md5):
            raise DataError(
                f"{folder / name} is missing or damaged (its MD5 should be {md5}). Replace it by an undamaged copy, "
                f"or remove {folder} and leave DataPath empty: the data are downloaded again.",
                folder,
            )
