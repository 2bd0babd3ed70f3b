"""Decodes image files to uint8 arrays of one shape."""

from __future__ import annotations

import io
import math
import os
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
from Arch.errors import ArchError, DataError

_CHUNK, _CHUNK_BYTES = 256, 1 << 23  # largest number of images, and approximate bytes, of the task of a thread
_GREY = frozenset({"1", "L"})
_DEEP = ("I", "F")  # more than 8 bits: how to scale them to 8 bits depends on the data


@dataclass(frozen=True)
class DecodeStyle:
    """Options of decoding, apart from the size; the `repr` of a style is part of the key of decoded images.

    Attributes:
        is_colour: whether images become RGB even if all are grey.
        may_enlarge: whether images smaller than the wanted size are enlarged bilinearly, rather than refused.
        is_cropped: whether the shorter side is resized to the wanted size and the centre square cropped, rather than
            the whole image resized to a square.
    """

    is_colour: bool = False
    may_enlarge: bool = False
    is_cropped: bool = False


class _ColourFoundError(Exception):
    """Raised when an image is not grey although the first one is."""


def decode_images(files: ImageFiles, size: int | None, folder: Path, style: DecodeStyle = DecodeStyle()) -> None:
    """Decodes all images of a split.

    Images become RGB, unless all are grey (8-bit or bilevel) and the style is not `is_colour`: then they keep one
    channel. Pillow converts palettes and CMYK; alpha is dropped, not blended; EXIF orientation is ignored; the first
    frame of an animation is used.

    Args:
        files: the files of the split.
        size: side in pixels to shrink each image to; None if all have the same size already.
        folder: the folder in which an `ImageWriter` writes the images in the order of the files.
        style: how they are decoded.

    Raises:
        DataError: a file is unreadable, of another size than the first one, or too small; the message names it.
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
    """Yields the images in order, some at a time; only a few chunks are in memory at once."""
    workers = min(16, os.cpu_count() or 1)
    size = max(1, min(_CHUNK, _CHUNK_BYTES // math.prod(shape)))
    starts = range(0, len(listed), size)
    with ThreadPoolExecutor(workers) as pool:
        for wave in range(0, len(starts), 4 * workers):
            parts = [listed[start : start + size] for start in starts[wave : wave + 4 * workers]]
            yield from pool.map(lambda part: decoder.images(part, listed[0], shape), parts)


class _Decoder:
    """Decodes the files of a split to a fixed number of channels and shrinks them to `size` unless it is None."""

    def __init__(self, files: OpenedFiles, channels: int, size: int | None, style: DecodeStyle) -> None:
        self._files, self._channels, self._size, self._style = files, channels, size, style

    def images(self, part: tuple[ImageFile, ...], first: ImageFile, shape: tuple[int, ...]) -> Pixels:
        """Decodes some images to `(n, H, W, C)`, each of `shape`, the shape of the `first` image."""
        pixels = np.empty((len(part), *shape), dtype=np.uint8)
        for i, file in enumerate(part):
            image = self.image(file)
            if image.shape != shape:
                raise DataError(
                    f"{self._files.describe(file)} has {image.shape[1]}x{image.shape[0]} pixels (width x height), but "
                    f"{self._files.describe(first)} has {shape[1]}x{shape[0]}. Set DownSample to one size, or "
                    "resize the files.",
                    self._files.path,
                )
            pixels[i] = image
        return pixels

    def image(self, file: ImageFile) -> Pixels:
        """Decodes one image to `(H, W, C)`."""
        data = self._files.read(file)
        try:
            with Image.open(io.BytesIO(data)) as image:
                converted = self._converted(image, file)
        except (ArchError, _ColourFoundError):
            raise
        except Exception as error:  # the bytes of the file steer Pillow's readers, which may raise anything
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
        if image.mode == "P":  # its transparency may be a table of bytes, which Pillow converts only to RGBA
            image = image.convert("RGBA")
        return image.convert("RGB")


def _reason(error: BaseException) -> str:
    """Returns the message of the error, without the address of the buffer that Pillow adds."""
    if isinstance(error, UnidentifiedImageError):
        return "not an image file of a known kind"
    return str(error).rstrip(".") or type(error).__name__
