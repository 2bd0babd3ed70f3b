"""Decoded images on disk: written once, mapped into memory by every process that wants them.

    <root>/decoded/<key>/Images.bin     the pixels in the order N, H, W, C, then the labels, as `ImageDigest` has them
                         Images.json    shape, class names, digest, and when Images.bin was finished; the pixels' type
                                        where they are no bytes

A folder appears whole, by one rename, or not at all. Of several processes that want the same one decodes it and the
others wait; where there are no locks all decode it, and the first to finish wins. A file that is not the one once
finished (another size or time stamp) is checked against its digest before it is used, and thrown away if it differs.
All of it can be deleted at any time.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import torch

from Arch import files
from Arch.datasets.access import ANOTHER_FOLDER, unreadable
from Arch.datasets.dataset import Images
from Arch.datasets.decoding.staging import discard, staged
from Arch.datasets.digest import STORED_AS, ImageDigest, PixelType, as_stored
from Arch.datasets.download.locking import locked
from Arch.errors import DataError

_DTYPES: dict[str, torch.dtype] = {"uint8": torch.uint8, "float32": torch.float32}
_ATTEMPTS = 3  # another process may throw away a damaged folder at the moment when this one has replaced it


class ImageWriter:
    """Writes decoded images in order; the folder counts as whole only after `finish`."""

    def __init__(
        self,
        folder: Path,
        shape: tuple[int, int, int, int],
        classes: tuple[str, ...],
        pixel_type: PixelType = "uint8",
    ) -> None:
        """Begins in an existing `folder` with images of `shape` (N, H, W, C), instead of what was begun there."""
        self._folder, self._shape, self._classes, self._type = folder, shape, classes, pixel_type
        self._digest = ImageDigest(shape, classes, pixel_type)
        self._file = (folder / "Images.bin").open("wb")

    def __enter__(self) -> ImageWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def add(self, piece: npt.NDArray[Any]) -> None:
        """Appends pixels `(n, H, W, C)` of the writer's type."""
        self._append(np.ascontiguousarray(piece, dtype=STORED_AS[self._type]))

    def finish(self, labels: npt.ArrayLike) -> None:
        """Appends the labels `(N,)` and seals the folder."""
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


def _to_disk(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def decoded(root: Path, key: str, decode: Callable[[Path], None]) -> Images:
    """The images kept as `key`, decoded first if they are not there.

    Args:
        root: the folder of data.
        key: a file name that stands for the source and all that decoding depends on.
        decode: writes all images into the folder it is given, by an `ImageWriter`.

    Returns:
        Images whose pixels are mapped from the file; what is written to them stays in this process.

    Raises:
        DataError: what `decode` raises, or the folder of data cannot be written.
    """
    images = _opened(root, key)
    if images is not None:
        return images
    folder = root / "decoded" / key
    with locked(root / ".fetching" / f"decoding-{key}", is_vital=False):
        for _ in range(_ATTEMPTS):
            images = _opened(root, key)  # while this one waited, another may have written it
            if images is not None:
                return images
            with staged(folder) as staging:
                decode(staging)
    raise DataError(f"{folder} changes or disappears each time it is written: see who else uses this folder.", folder)


@dataclass(frozen=True)
class _Document:
    """What a finished folder says of itself."""

    shape: tuple[int, int, int, int]
    classes: tuple[str, ...]
    digest: str
    finished: int
    pixel_type: PixelType

    @classmethod
    def of(cls, found: dict[str, Any]) -> _Document:
        """Reads a document; raises ValueError, KeyError or TypeError where it is none."""
        n, height, width, channels = map(int, found["Shape"])
        pixel_type = found.get("Type", "uint8")
        if pixel_type not in STORED_AS:
            raise ValueError(pixel_type)
        shape, classes = (n, height, width, channels), tuple(found["Classes"])
        return cls(shape, classes, str(found["Digest"]), int(found["Finished"]), pixel_type)

    @property
    def pixel_bytes(self) -> int:
        return math.prod(self.shape) * np.dtype(STORED_AS[self.pixel_type]).itemsize


def _opened(root: Path, key: str) -> Images | None:
    """The images kept as `key`, or None where there are none or only damaged ones, which are removed."""
    folder = root / "decoded" / key
    try:
        document = _Document.of(json.loads((folder / "Images.json").read_bytes()))
        if _is_whole(folder / "Images.bin", document):
            return _mapped(folder / "Images.bin", document)
    except FileNotFoundError:
        if not folder.exists():
            return None
    except NotADirectoryError:
        return None
    except OSError as error:
        raise unreadable(folder, error, ANOTHER_FOLDER) from error
    except (ValueError, KeyError, TypeError):
        pass  # a damaged document is treated like damaged pixels
    discard(folder)
    return None


def _is_whole(path: Path, document: _Document) -> bool:
    found = path.stat()
    if found.st_size != document.pixel_bytes + 8 * document.shape[0]:
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
    """Writes the time of a checked file into its document, so that a copy is checked once; or leaves it as it is."""
    with suppress(OSError):
        files.write_atomically(path, json.dumps({**json.loads(path.read_bytes()), "Finished": finished}))


def _mapped(path: Path, document: _Document) -> Images:
    size, dtype = math.prod(document.shape), _DTYPES[document.pixel_type]
    pixels: torch.Tensor = torch.from_file(str(path), shared=False, size=size, dtype=dtype)
    labels = np.fromfile(path, dtype="<i8", offset=document.pixel_bytes).astype(np.int64)
    rows = pixels.view(document.shape)
    return Images(rows.permute(0, 3, 1, 2), torch.from_numpy(labels), document.classes, document.digest)
