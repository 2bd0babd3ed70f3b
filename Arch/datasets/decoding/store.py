"""Stores decoded images on disk: written once, memory-mapped by every process that reads them.

    <root>/decoded/<key>/Images.bin     pixels in the order N, H, W, C, then the labels, as hashed by `ImageDigest`
                         Images.json    shape, class names, digest, modification time of the finished Images.bin; the
                                        type of the pixels unless uint8

A folder is created by one rename, complete. Of several processes that need the same images one decodes
them and the others wait; where the file system has no locks all decode them, and the first to finish wins. A file with
another size or time stamp than recorded is checked against its digest before it is used, and deleted if it differs.
The folder `decoded` can be deleted at any time.
"""

from __future__ import annotations

import errno
import json
import math
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import numpy as np
import numpy.typing as npt
import torch

from Arch import files
from Arch.datasets.access import ANOTHER_FOLDER, unreadable
from Arch.datasets.dataset import Images
from Arch.datasets.decoding.staging import discard, staged
from Arch.datasets.digest import STORED_AS, ImageDigest, PixelType, as_stored
from Arch.datasets.download.locking import locked
from Arch.errors import CorruptEntryError, DataError
from Arch.units import size_text

_DTYPES: dict[str, torch.dtype] = {"uint8": torch.uint8, "float32": torch.float32}
_LONGEST = 2**48  # an axis of images
_DIGITS = 64  # of a SHA-256
_ATTEMPTS = 3  # without locks, another process may delete a damaged folder just after this one has replaced it


class ImageWriter:
    """Writes decoded images in order; the folder is complete only after `finish`."""

    def __init__(
        self,
        folder: Path,
        shape: tuple[int, int, int, int],
        classes: tuple[str, ...],
        pixel_type: PixelType = "uint8",
    ) -> None:
        """Starts to write images of `shape` (N, H, W, C) into an existing `folder`, replacing an unfinished attempt.

        Raises:
            DataError: they take more than the free space.
        """
        _require_room(folder, math.prod(shape) * np.dtype(STORED_AS[pixel_type]).itemsize + 8 * shape[0])
        self._folder, self._shape, self._classes, self._type = folder, shape, classes, pixel_type
        self._digest = ImageDigest(shape, classes, pixel_type)
        self._file = (folder / "Images.bin").open("wb")

    def __enter__(self) -> ImageWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, piece: npt.NDArray[Any]) -> None:
        """Appends pixels `(n, H, W, C)`, converted to the type of the writer."""
        self._append(np.ascontiguousarray(piece, dtype=STORED_AS[self._type]))

    def finish(self, labels: npt.ArrayLike) -> None:
        """Appends the labels `(N,)` and writes Images.json, which completes the folder."""
        self._append(as_stored(labels))
        _to_disk(self._file)
        document = {
            "Shape": list(self._shape),
            "Classes": list(self._classes),
            "Digest": self._digest.hexdigest(),
            "Finished": os.fstat(self._file.fileno()).st_mtime_ns,
            **({} if self._type == "uint8" else {"Type": self._type}),
        }
        with (self._folder / "Images.json").open("wb") as file:
            file.write(json.dumps(document).encode())
            _to_disk(file)

    def _append(self, piece: npt.NDArray[Any]) -> None:
        self._digest.update(piece)
        self._file.write(piece.data)


def _require_room(folder: Path, needed: int) -> None:
    disk = os.statvfs(folder)
    free = disk.f_bavail * disk.f_frsize
    if needed > free:
        raise DataError(
            f"the decoded images take {size_text(needed)}, but only {size_text(free)} are free in {folder.parent}. "
            "Free some space, set DownSample to a smaller size, or use another data folder.",
            folder.parent,
        )


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def decoded(root: Path, key: str, decode: Callable[[Path], None]) -> Images:
    """Opens the images stored under `key`, decoding them first if they are missing.

    Args:
        root: the data folder.
        key: a file name that is unique for the source files and all parameters of the decoding.
        decode: writes all images into the given folder by an `ImageWriter`.

    Returns:
        Images whose pixels are mapped copy-on-write: writing to them changes this process only.

    Raises:
        DataError: `decode` failed, or the data folder cannot be written.
    """
    images = _opened(root, key)
    if images is not None:
        return images
    folder = root / "decoded" / key
    with locked(root / ".fetching" / f"decoding-{key}", is_vital=False):
        for _ in range(_ATTEMPTS):
            images = _opened(root, key)  # another process may have written it during the wait
            if images is not None:
                return images
            with staged(folder) as staging:
                decode(staging)
    raise DataError(
        f"{folder} changes or disappears each time it is written: check which other process uses this folder.", folder
    )


@dataclass(frozen=True)
class _Document:
    """The content of Images.json."""

    shape: tuple[int, int, int, int]
    classes: tuple[str, ...]
    digest: str
    finished: int
    pixel_type: PixelType

    @classmethod
    def read(cls, path: Path) -> _Document:
        """Reads a document.

        Raises:
            CorruptEntryError: it is damaged; FileNotFoundError: there is none; DiskError: it cannot be read.
        """
        found = files.read_json(path)
        shape, classes, digest = found.get("Shape"), found.get("Classes"), found.get("Digest")
        finished, pixel_type = found.get("Finished"), found.get("Type", "uint8")
        if not (_is_list(shape, int) and len(shape) == 4 and all(0 < each < _LONGEST for each in shape)):
            raise CorruptEntryError(f"{path}: Shape is not one of images.")
        if not (_is_list(classes, str) and isinstance(digest, str) and len(digest) == _DIGITS):
            raise CorruptEntryError(f"{path}: Classes or Digest is of another kind.")
        if type(finished) is not int or pixel_type not in [*STORED_AS]:  # a list, since it may not be hashable
            raise CorruptEntryError(f"{path}: Finished or Type is of another kind.")
        n, height, width, channels = shape
        return cls((n, height, width, channels), tuple(classes), digest, finished, pixel_type)

    @property
    def pixel_bytes(self) -> int:
        return math.prod(self.shape) * np.dtype(STORED_AS[self.pixel_type]).itemsize


def _is_list(value: object, kind: type) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and all(type(each) is kind for each in value)


def _opened(root: Path, key: str) -> Images | None:
    """Opens the images stored under `key`; returns None if there are none, or damaged ones, which are deleted."""
    folder = root / "decoded" / key
    try:
        document = _Document.read(folder / "Images.json")
        if _is_whole(folder / "Images.bin", document):
            return _mapped(folder / "Images.bin", document)
    except FileNotFoundError:
        if not folder.exists():
            return None
    except CorruptEntryError:
        pass  # a damaged document is treated like damaged pixels
    except OSError as error:
        if error.errno == errno.ENOTDIR:
            return None
        raise unreadable(folder, error, ANOTHER_FOLDER) from error
    discard(folder)
    return None


def _is_whole(path: Path, document: _Document) -> bool:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size != document.pixel_bytes + 8 * document.shape[0]:
        return False
    if found.st_mtime_ns == document.finished:
        return True
    digest = ImageDigest(document.shape, document.classes, document.pixel_type)
    digest.update_from(path)
    is_whole = digest.hexdigest() == document.digest
    if is_whole:
        _note_finished(path.with_name("Images.json"), found.st_mtime_ns)
    return is_whole


def _note_finished(path: Path, finished: int) -> None:
    """Records the time of a checked file in its document, so that a copied folder is checked once; ignores errors."""
    with suppress(OSError, CorruptEntryError):
        files.write_atomically(path, json.dumps({**files.read_json(path), "Finished": finished}))


def _mapped(path: Path, document: _Document) -> Images:
    size, dtype = math.prod(document.shape), _DTYPES[document.pixel_type]
    pixels: torch.Tensor = torch.from_file(str(path), shared=False, size=size, dtype=dtype)
    labels = np.fromfile(path, dtype="<i8", offset=document.pixel_bytes).astype(np.int64)
    rows = pixels.view(document.shape)
    return Images(rows.permute(0, 3, 1, 2), torch.from_numpy(labels), document.classes, document.digest)
