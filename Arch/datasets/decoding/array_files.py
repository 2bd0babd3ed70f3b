"""Reads arrays from NumPy and safetensors files: first the header, then some rows at a time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from Arch import files
from Arch.datasets.access import damaged, unreadable
from Arch.errors import ArchError, DataError
from Arch.machine.memory import fits_memory
from Arch.units import size_text

Array = npt.NDArray[Any]

SUFFIXES = (".npz", ".safetensors", ".npy")
_PART = 1 << 24  # bytes read at once from a file
_HEAD = 1 << 17  # bytes of a member in which its header must end
_LONGEST_ROW = 1 << 30  # bytes of one sample
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_OF_SAFETENSORS = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8",
    "U64": "<u8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class StoredArray:
    """An array in a file, of which only the header has been read.

    Attributes:
        title: names the array in messages.
        shape: its lengths; the first axis is that of the samples.
        dtype: the stored type.
        parts: yields its rows in order, some at a time; raises DataError.
    """

    title: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    parts: Callable[[], Iterator[Array]]

    def whole(self) -> Array:
        """Reads the whole array; raises DataError if it cannot be read or holds Python objects."""
        self.require_numbers_or_words()
        if not fits_memory(_bytes(self.shape, self.dtype)):
            raise DataError(f"{self.title} has the shape {self.shape}, which does not fit into memory.")
        pieces = list(self.parts())
        return np.concatenate(pieces) if pieces else np.empty(self.shape, self.dtype)

    def require_numbers_or_words(self) -> None:
        """Checks that the array holds no Python objects, whose unpickling could run any code; raises DataError."""
        if self.dtype.hasobject:
            raise DataError(
                f"{self.title} holds Python objects, which are never read: save an array of numbers, or of strings, "
                "instead."
            )


@contextmanager
def arrays_in(path: Path) -> Iterator[Mapping[str, StoredArray]]:
    """Opens the arrays of a file by name; they can be read until the context exits.

    Args:
        path: an `.npz`, `.safetensors` or `.npy` file; the single array of `.npy` has the empty name.

    Raises:
        DataError: the file is missing, damaged or of another type.
    """
    if path.suffix not in SUFFIXES:
        raise DataError(f"{path} is not a file of arrays: expected one that ends in {', '.join(SUFFIXES)}.", path)
    with ExitStack() as opened:
        with _reading(path):  # only the opening: errors of the caller must pass unchanged
            files.require_file(path)
            arrays = _opened(path, opened)
        yield arrays


def _opened(path: Path, opened: ExitStack) -> dict[str, StoredArray]:
    if path.suffix == ".npy":
        return {"": _of_npy(path)}
    if path.suffix == ".npz":
        archive = opened.enter_context(zipfile.ZipFile(path))
        names = [name for name in archive.namelist() if name.endswith(".npy")]
        return {name.removesuffix(".npy"): _of_npz(path, archive, name) for name in names}
    file = opened.enter_context(safe_open(path, framework="numpy"))
    return {name: _of_safetensors(path, file, name) for name in file.keys()}  # noqa: SIM118  # not a mapping


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Converts errors of reading a file to DataError."""
    try:
        yield
    except ArchError:
        raise
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # the bytes of the file steer its reader, which may raise anything
        raise damaged(path, f"cannot read {path}: {str(error) or type(error).__name__}") from error


def mapped(path: Path) -> Array:
    """Memory-maps the array of an `.npy` file, read-only.

    Raises:
        DataError: the file is missing or damaged, or holds Python objects.
    """
    with _reading(path):
        files.require_file(path)
        rows = np.lib.format.open_memmap(path, mode="r")
        if any(length < 0 for length in rows.shape):
            raise ValueError(f"its shape is {rows.shape}")
        return np.asarray(rows)


def _of_npy(path: Path) -> StoredArray:
    rows = mapped(path)
    return StoredArray(str(path), rows.shape, rows.dtype, lambda: _slices(rows, rows.shape, rows.dtype, path))


def _of_npz(path: Path, archive: zipfile.ZipFile, name: str) -> StoredArray:
    with archive.open(name) as file:
        head = io.BytesIO(file.read(_HEAD))
    shape, is_by_column, dtype = _header(head)

    def parts() -> Iterator[Array]:
        with _reading(path), archive.open(name) as file:
            _require_size(archive.getinfo(name).file_size - head.tell(), shape, dtype)
            if is_by_column and len(shape) > 1:
                _require_memory(shape, dtype)
                yield np.lib.format.read_array(file, allow_pickle=False)
                return
            file.read(head.tell())
            for count in _counts(shape, dtype):
                size = count * prod(shape[1:]) * dtype.itemsize
                content = file.read(size)
                if len(content) < size:
                    raise EOFError(f"{name} ends too early")
                yield np.frombuffer(content, dtype).reshape(count, *shape[1:])

    return StoredArray(f"{name.removesuffix('.npy')} in {path}", shape, dtype, parts)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"version {version} of NumPy's format is not supported")
    shape, is_by_column, dtype = _HEADERS[version](file)
    if any(length < 0 for length in shape):
        raise ValueError(f"its shape is {shape}")
    return shape, is_by_column, dtype


def _bytes(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    return prod(shape) * dtype.itemsize


def _require_size(there: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    stated = _bytes(shape, dtype)
    if stated > there:
        raise ValueError(f"its header states {size_text(stated)}, but there are {size_text(max(there, 0))}")


def _require_memory(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if not fits_memory(_bytes(shape, dtype)):
        raise ValueError(
            f"an array of {size_text(_bytes(shape, dtype))} that is stored column by column must be read as a whole, "
            "which does not fit into memory: save it row by row (numpy.ascontiguousarray)"
        )


def _of_safetensors(path: Path, file: Any, name: str) -> StoredArray:
    stored = file.get_slice(name)
    kind = stored.get_dtype()
    if kind not in _OF_SAFETENSORS:
        raise DataError(f"{name} in {path} holds {kind} numbers: save them as F32.", path)
    shape, dtype = tuple(stored.get_shape()), np.dtype(_OF_SAFETENSORS[kind])
    return StoredArray(f"{name} in {path}", shape, dtype, lambda: _slices(stored, shape, dtype, path))


def _slices(stored: Any, shape: tuple[int, ...], dtype: np.dtype[Any], path: Path) -> Iterator[Array]:
    start = 0
    with _reading(path):
        for count in _counts(shape, dtype):
            yield np.asarray(stored[start : start + count])
            start += count


def _counts(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[int]:
    """Yields the number of rows of each part."""
    row = _bytes(shape[1:], dtype)
    if row > _LONGEST_ROW:
        raise ValueError(f"a sample in it takes {size_text(row)}")
    rows = shape[0] if shape and row else 0  # of rows without a byte there may be any number
    at_once = max(1, _PART // max(1, row))
    for start in range(0, rows, at_once):
        yield min(at_once, rows - start)
