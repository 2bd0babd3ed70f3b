"""Reads images from the rows of parquet files, one row group at a time."""

from __future__ import annotations

import json
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from Arch import files
from Arch.datasets.decoding.image_files import ImageFile, ImageFiles, OpenedFiles
from Arch.datasets.decoding.samples import Labels
from Arch.datasets.decoding.stamps import stamp_of
from Arch.datasets.stratified import Ids
from Arch.errors import ArchError, DataError

_GROUPS = 20  # row groups kept in memory: one for each decoding thread and some more


@dataclass(frozen=True, eq=False)
class ParquetTable:
    """Parquet files that form one table with a column `image` of structs with a field `bytes`.

    Attributes:
        parts: the files, in order.
    """

    parts: tuple[Path, ...]

    def labels(self, column: str) -> tuple[Labels, tuple[str, ...]]:
        """Reads a column of labels and the class names that the `datasets` library stores in the metadata.

        The classes are called 0, 1, ... if the metadata name too few.

        Raises:
            DataError: a file is damaged, lacks the column, or pyarrow is not installed.
        """
        with self._opened() as tables, self._reading():
            values = np.concatenate([np.asarray(table.read([column]).column(column)) for table in tables])
            names = _class_names(tables[0].schema_arrow.metadata or {}, column)
        if values.dtype.kind not in "iu" or values.min(initial=0) < 0:
            raise DataError(
                f"the column {column} of {self.parts[0]} does not hold labels, whole numbers from 0 on.", self.parts[0]
            )
        highest = int(values.max(initial=0))
        if highest >= max(len(values), len(names)):
            raise DataError(
                f"the labels in the column {column} of {self.parts[0]} go up to {highest}, but there are only "
                f"{len(values)} rows and {len(names)} names of classes: number the classes 0, 1, 2 and so on.",
                self.parts[0],
            )
        classes = names if len(names) > highest else tuple(map(str, range(highest + 1)))
        return values.astype(np.int64), classes

    @contextmanager
    def images(self) -> Iterator[Any]:
        """Opens the files and returns a thread-safe function from the number of a row to the bytes of its image."""
        with self._opened() as tables:
            groups = [(file, number) for file in tables for number in range(file.num_row_groups)]
            counts = (file.metadata.row_group(number).num_rows for file, number in groups)
            starts = [0, *accumulate(counts)]
            lock = threading.Lock()

            @lru_cache(_GROUPS)
            def column(number: int) -> Any:
                file, group = groups[number]
                with lock, self._reading():
                    return file.read_row_group(group, columns=["image"]).column("image")

            def image(row: int) -> bytes:
                number = bisect_right(starts, row) - 1
                with self._reading():
                    content = column(number)[row - starts[number]].as_py()["bytes"]
                    if not isinstance(content, bytes):
                        raise TypeError(f"row {row} holds no image")
                    return content

            yield image

    @contextmanager
    def _opened(self) -> Iterator[list[Any]]:
        try:
            from pyarrow import parquet  # an optional extra
        except ImportError as error:
            folder = self.parts[0].parent
            raise DataError(
                f"{folder} holds parquet files, which need pyarrow: install the extra [parquet].", folder
            ) from error
        with ExitStack() as opened:
            with self._reading():
                tables = [opened.enter_context(parquet.ParquetFile(_checked(part))) for part in self.parts]
            yield tables

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Converts errors of reading the files to DataError; their bytes steer the reader, which may raise anything."""
        try:
            yield
        except ArchError:
            raise
        except Exception as error:
            raise DataError(
                f"cannot read {self.parts[0].parent}: {error}. Replace the files by undamaged copies.", self.parts[0]
            ) from error


@dataclass(frozen=True, eq=False)
class ChosenRows:
    """Some rows of a table.

    Attributes:
        rows: the numbers of the rows, ascending.
        labels: the labels of all rows of the table.
        classes: the names of the classes in label order.
    """

    rows: Ids
    labels: Labels
    classes: tuple[str, ...]


class RowImages(ImageFiles):
    """The images in chosen rows of a parquet table."""

    def __init__(self, table: ParquetTable, choose: Callable[[], ChosenRows]) -> None:
        """Takes the table and a function that chooses its rows; reads nothing."""
        self._table, self._choose = table, choose

    def stamp(self) -> str:
        """Returns the paths, sizes and modification times of the files."""
        return "\n".join(map(stamp_of, self._table.parts))

    @contextmanager
    def opened(self) -> Iterator[OpenedFiles]:
        """Opens the files; see `ImageFiles.opened`."""
        folder, chosen = self._table.parts[0].parent, self._choose()
        listed = tuple(ImageFile(chosen.classes[chosen.labels[row]], str(row)) for row in chosen.rows)
        if not listed:
            raise DataError(f"the parquet files in {folder} have no rows. Get undamaged copies.", folder)
        with self._table.images() as image:
            yield OpenedFiles(
                folder,
                listed,
                lambda file: image(int(file.name)),
                lambda file: f"row {file.name} in {folder}",
                chosen.classes,
            )


def all_rows(parts: tuple[Path, ...], column: str) -> RowImages:
    """Returns all images of parquet files, with the labels of a column; reads nothing yet."""
    table = ParquetTable(parts)

    def choose() -> ChosenRows:
        labels, classes = table.labels(column)
        return ChosenRows(np.arange(len(labels)), labels, classes)

    return RowImages(table, choose)


def _checked(path: Path) -> Path:
    files.require_file(path)
    return path


def _class_names(metadata: dict[bytes, bytes], column: str) -> tuple[str, ...]:
    try:
        return tuple(json.loads(metadata[b"huggingface"])["info"]["features"][column]["names"])
    except (KeyError, ValueError, TypeError, RecursionError):
        return ()
