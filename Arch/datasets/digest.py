"""Digests of data: SHA-256 of pixels, labels and class names."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from Arch import files

Pixels = npt.NDArray[np.uint8]
PixelType = Literal["uint8", "float32"]
STORED_AS: dict[PixelType, str] = {"uint8": "u1", "float32": "<f4"}
Labels = npt.NDArray[np.int64]

_BLOCK = 1 << 24  # bytes read at once from a file


class ImageDigest:
    """The SHA-256 of a set of images, computed incrementally.

    Equal digests mean equal shape, class names in order, pixels and labels. The origin of the images and the number of
    updates do not matter. The hash covers one line of JSON, the pixels in the order N, H, W, C (bytes, or little-endian
    32-bit floats) and the labels as little-endian 64-bit integers.
    """

    def __init__(
        self, shape: tuple[int, int, int, int], classes: tuple[str, ...], pixel_type: PixelType = "uint8"
    ) -> None:
        """Starts the hash with the `shape` (N, H, W, C) and the class names."""
        of_another_type = {} if pixel_type == "uint8" else {"Type": pixel_type}
        named = {"Shape": list(shape), "Classes": list(classes), **of_another_type}
        header = json.dumps(named, separators=(",", ":"))
        self._hash = hashlib.sha256(f"{header}\n".encode())

    def update(self, piece: npt.NDArray[Any]) -> None:
        """Adds the next pixels `(n, H, W, C)` or, after all pixels, the labels `(N,)`."""
        self._hash.update(np.ascontiguousarray(piece).data)

    def update_from(self, path: Path) -> None:
        """Adds the bytes of a file that holds pixels, then labels."""
        with files.open_file(path) as file:
            while block := file.read(_BLOCK):
                self._hash.update(block)

    def hexdigest(self) -> str:
        """Returns the digest as 64 hexadecimal digits."""
        return self._hash.hexdigest()


def as_stored(labels: npt.ArrayLike) -> Labels:
    """Converts labels to little-endian 64-bit integers, which are hashed and stored."""
    return np.ascontiguousarray(labels, dtype="<i8")


def combined(*digests: str) -> str:
    """Returns one digest of several digests in order."""
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
