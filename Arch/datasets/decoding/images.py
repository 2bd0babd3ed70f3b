"""Turns image files into arrays of bytes, all of one shape."""

from __future__ import annotations

import io
import math
import os
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from Arch.datasets.decoding.image_files import ImageFile, ImageFiles, OpenedFiles
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.digest import Pixels
from Arch.datasets.resizing import check_size, shrink, shrink_and_crop
from Arch.errors import DataError

_CHUNK, _CHUNK_BYTES = 256, 1 << 23  # at most so many images, and about so many bytes, does a thread decode at once
_GREY = frozenset({"1", "L"})
_DEEP = ("I", "F")  # more than 8 bits; what to do with them is not for us to guess
_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    struct.error,
    MemoryError,
    Image.DecompressionBombError,
)


@dataclass(frozen=True)
class DecodeStyle:
    """What is made of an image beside its size; the text of it is part of the name of what was decoded.

    Attributes:
        is_colour: RGB even if all images are grey.
        may_enlarge: images smaller than the size asked for are enlarged, bilinearly, rather than refused.
        is_cropped: the shorter side gets the size asked for, and a square of it is cut out of the middle, rather than
            that the whole image is pressed into a square.
    """

    is_colour: bool = False
    may_enlarge: bool = False
    is_cropped: bool = False


class _ColourFoundError(Exception):
    """An image is not grey although the first one is."""


def decode_images(files: ImageFiles, size: int | None, folder: Path, style: DecodeStyle = DecodeStyle()) -> None:
    """Decodes all images of a split.

    They become RGB, unless every one of them is grey (8-bit or bilevel): then they keep one channel unless the style
    says otherwise. Palettes and
    CMYK are converted as Pillow does; alpha is dropped, not blended; EXIF orientation is ignored; of an animation
    the first frame counts.

    Args:
        files: where they are.
        size: side to shrink each to, or None: then all must have one size.
        folder: where an `ImageWriter` writes them, in the order of the files.
        style: what is made of them.

    Raises:
        DataError: a file is unreadable or of another size than the first, or too small; the message names it.
    """
    with files.opened() as opened:
        if style.is_colour:
            _write(_Decoder(opened, 3, size, style), opened, folder)
            return
        try:
            _write(_Decoder(opened, 1, size, style), opened, folder)
        except _ColourFoundError:
            _write(_Decoder(opened, 3, size, style), opened, folder)


def _write(decoder: _Decoder, opened: OpenedFiles, folder: Path) -> None:
    listed = opened.listed
    classes = opened.classes or tuple(sorted({file.class_name for file in listed}))
    number = {name: label for label, name in enumerate(classes)}
    height, width, channels = decoder.image(listed[0]).shape
    with ImageWriter(folder, (len(listed), height, width, channels), classes) as writer:
        for chunk in _chunks(decoder, listed, (height, width, channels)):
            writer.add(chunk)
        writer.finish([number[file.class_name] for file in listed])


def _chunks(decoder: _Decoder, listed: tuple[ImageFile, ...], shape: tuple[int, ...]) -> Iterator[Pixels]:
    """The images in order, some at a time; a few chunks are in memory at once, however many there are."""
    workers = min(16, os.cpu_count() or 1)
    size = max(1, min(_CHUNK, _CHUNK_BYTES // math.prod(shape)))
    starts = range(0, len(listed), size)
    with ThreadPoolExecutor(workers) as pool:
        for wave in range(0, len(starts), 4 * workers):
            parts = [listed[start : start + size] for start in starts[wave : wave + 4 * workers]]
            yield from pool.map(lambda part: decoder.images(part, listed[0], shape), parts)


class _Decoder:
    """Decodes files of one source to one number of channels, shrinking them if there is a `size`."""

    def __init__(self, files: OpenedFiles, channels: int, size: int | None, style: DecodeStyle) -> None:
        self._files, self._channels, self._size, self._style = files, channels, size, style

    def images(self, part: tuple[ImageFile, ...], first: ImageFile, shape: tuple[int, ...]) -> Pixels:
        """Some images, `(n, H, W, C)`, each of `shape`, which is that of the `first` image."""
        pixels = np.empty((len(part), *shape), dtype=np.uint8)
        for i, file in enumerate(part):
            image = self.image(file)
            if image.shape != shape:
                raise DataError(
                    f"{self._files.describe(file)} has {image.shape[1]}x{image.shape[0]} pixels (width x height), but "
                    f"{self._files.describe(first)} has {shape[1]}x{shape[0]}. Set DownSample to a size for all, or "
                    "resize the files.",
                    self._files.path,
                )
            pixels[i] = image
        return pixels

    def image(self, file: ImageFile) -> Pixels:
        """One image, `(H, W, C)`."""
        data = self._files.read(file)
        try:
            with Image.open(io.BytesIO(data)) as image:
                converted = self._converted(image, file)
        except _UNREADABLE as error:
            raise DataError(
                f"cannot decode {self._files.describe(file)}: {_reason(error)}. Replace or remove it.",
                self._files.path,
            ) from error
        if self._size is None:
            pixels = np.asarray(converted)
        else:
            if not self._style.may_enlarge:
                check_size((converted.height, converted.width), self._size, self._files.describe(file))
            pixels = (shrink_and_crop if self._style.is_cropped else shrink)(converted, self._size)
        return pixels.reshape(*pixels.shape[:2], self._channels)

    def _converted(self, image: Image.Image, file: ImageFile) -> Image.Image:
        if image.mode.split(";")[0] in _DEEP:
            raise DataError(
                f"{self._files.describe(file)} has more than 8 bits a channel (mode {image.mode}). "
                "Convert it to 8 bits.",
                self._files.path,
            )
        if self._channels == 1:
            if image.mode not in _GREY:
                raise _ColourFoundError
            return image.convert("L")
        if image.mode == "P":  # its transparency may be a table of bytes, which only RGBA can take
            image = image.convert("RGBA")
        return image.convert("RGB")


def _reason(error: BaseException) -> str:
    """The error's words without the address of the buffer that Pillow puts into them."""
    return "not an image file of a known kind" if isinstance(error, UnidentifiedImageError) else str(error).rstrip(".")
