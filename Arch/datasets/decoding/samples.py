"""Interprets stored arrays as samples: the meaning of their axes, their labels and class names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from Arch.datasets.decoding.array_files import Array, StoredArray
from Arch.datasets.decoding.store import ImageWriter
from Arch.datasets.digest import PixelType
from Arch.errors import DataError

LAYOUTS = ("auto", "NHWC", "NCHW")
_CHANNELS = frozenset({1, 3})  # lengths of the axis that `auto` takes for the channels
_AXES = {2: "ND", 3: "NHW"}

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Samples:
    """A stored array, interpreted as images `(N, H, W, C)`.

    Attributes:
        stored: the array.
        axes: the letters of its axes: `ND`, `NHW`, `NHWC` or `NCHW`.
        pixel_type: `uint8`, or `float32` for numbers of any precision.
    """

    stored: StoredArray
    axes: str
    pixel_type: PixelType

    @classmethod
    def of(cls, stored: StoredArray, layout: str) -> Samples:
        """Interprets an array as samples.

        Args:
            stored: uint8 or floating-point; vectors `(N, D)`, grey images `(N, H, W)`, or images with channels.
            layout: the axes of images with channels; `auto`: the channels are axis 1 or 3, of length 1 or 3.

        Raises:
            DataError: the array has another shape or type, is empty, or `auto` is ambiguous.
        """
        pixel_type = _pixel_type(stored)
        return cls(stored, _axes(stored, layout), pixel_type)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape (N, H, W, C); a vector of D numbers is one pixel of D channels."""
        n, *rest = self.stored.shape
        size = dict(zip(self.axes[1:], rest, strict=True))
        return n, size.get("H", 1), size.get("W", 1), size.get("C", size.get("D", 1))

    def write(self, folder: Path, labels: Labels, classes: tuple[str, ...]) -> None:
        """Writes the samples into a folder as decoded images, some rows at a time; raises DataError."""
        shape = self.shape
        with ImageWriter(folder, shape, classes, self.pixel_type) as writer:
            for part in self.stored.parts():
                rows = np.moveaxis(part, 1, -1) if self.axes == "NCHW" else part
                with np.errstate(over="ignore"):  # a float64 that becomes infinite is refused when the split is checked
                    writer.add(rows.reshape(len(part), *shape[1:]))
            writer.finish(labels)


def _axes(stored: StoredArray, layout: str) -> str:
    shape = stored.shape
    if len(shape) not in {2, 3, 4} or min(shape) < 1:
        raise DataError(
            f"{stored.title} has shape {shape}; expected vectors (N, D), grey images (N, H, W) or images with channels "
            "(N, H, W, C) or (N, C, H, W)."
        )
    if len(shape) < 4 or layout != "auto":
        return _AXES.get(len(shape), layout)
    fitting = [axes for axes, size in (("NHWC", shape[3]), ("NCHW", shape[1])) if size in _CHANNELS]
    if len(fitting) != 1:
        raise DataError(
            f"{stored.title} has shape {shape}, from which the axis of the channels cannot be determined: set "
            "ArraysLayout to NHWC or NCHW."
        )
    return fitting[0]


def _pixel_type(stored: StoredArray) -> PixelType:
    stored.require_numbers_or_words()
    if stored.dtype == np.uint8:
        return "uint8"
    if stored.dtype.kind == "f":
        return "float32"
    raise DataError(
        f"{stored.title} holds {stored.dtype.name} values; expected uint8 (images of bytes) or floating-point numbers: "
        "convert it, for example by .astype('float32')."
    )


def labels_of(stored: StoredArray, count: int) -> Labels:
    """Reads the labels of `count` samples.

    Args:
        stored: whole numbers from 0 on, `(N,)` or `(N, 1)`.
        count: N.

    Raises:
        DataError: the array has another shape or holds other values.
    """
    if stored.shape not in {(count,), (count, 1)}:
        raise DataError(
            f"{stored.title} has shape {stored.shape}; expected one label for each of the {count} samples, ({count},)."
        )
    values = stored.whole().reshape(-1)
    if values.dtype.kind not in "biuf":
        raise DataError(f"{stored.title} holds {values.dtype.name} values; labels are whole numbers from 0 on.")
    wrong = ~np.isfinite(values) | (values < 0) | (values > np.iinfo(np.int32).max) | (np.mod(values, 1) != 0)
    if wrong.any():
        first = int(wrong.argmax())
        raise DataError(
            f"{int(wrong.sum())} of the {count} labels in {stored.title} are not whole numbers from 0 on, the first "
            f"is {values[first]} at index {first}: number the classes 0, 1, 2 and so on."
        )
    return values.astype(np.int64)


def classes_of(names: Array | None, highest: int, count: int, title: str) -> tuple[str, ...]:
    """Returns the names of the classes: `names`, or `0`, `1`, ... if there are none.

    Args:
        names: strings `(K,)`, or None.
        highest: the largest label.
        count: number of samples, the largest possible number of classes.
        title: names the data in messages.

    Raises:
        DataError: a label has no name, names are not unique, or a label exceeds the number of samples.
    """
    if names is not None:
        words = tuple(
            each.decode(errors="backslashreplace") if isinstance(each, bytes) else str(each)
            for each in names.reshape(-1).tolist()
        )
        if len(words) <= highest or len(set(words)) < len(words):
            raise DataError(
                f"{title} names {len(set(words))} different classes in {len(words)} names, but its labels go up to "
                f"{highest}: give each class a name of its own."
            )
        return words
    if highest >= count:
        raise DataError(
            f"the labels of {title} go up to {highest}, but there are only {count} samples: number the classes "
            "0, 1, 2 and so on."
        )
    return tuple(map(str, range(highest + 1)))
