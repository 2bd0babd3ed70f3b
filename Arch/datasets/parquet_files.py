"""The image files of a split in parquet files, one row for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from Arch.datasets.image_files import ImageFile, ImageFiles, OpenedFiles, unreadable
from Arch.errors import DataError


class ParquetFiles(ImageFiles):
    """Rows of a column `image` with the field `bytes` and a column `label` of whole numbers.

    The classes' names are those that the `datasets` library has written into the file, else the numbers.
    """

    def __init__(self, folder: Path, parts: tuple[Path, ...]) -> None:
        """Takes the parts of a split, in order, and the folder that messages name."""
        self._folder, self._parts = folder, parts

    def stamp(self) -> str:
        """The places, sizes and times of the parts."""
        lines = []
        for part in self._parts:
            try:
                found = part.stat()
            except OSError as error:
                raise unreadable(part, error) from error
            lines.append(f"{part.resolve()} {found.st_size} {found.st_mtime_ns}")
        return "\n".join(lines)

    @contextmanager
    def opened(self) -> Iterator[OpenedFiles]:
        """The files; see `ImageFiles.opened`. The encoded images are in memory, the decoded ones are not."""
        table = self._table()
        labels = table.column("label").to_pylist()
        images = table.column("image")
        names = _class_names(table.schema.metadata or {}) or tuple(map(str, range(max(labels, default=0) + 1)))
        if not labels or not all(isinstance(each, int) and 0 <= each < len(names) for each in labels):
            raise DataError(f"the labels in {self._folder} are not numbers of {len(names)} classes.", self._folder)
        listed = tuple(ImageFile(names[label], str(row)) for row, label in enumerate(labels))

        def read(file: ImageFile) -> bytes:
            content: bytes = images[int(file.name)]["bytes"].as_py()
            return content

        yield OpenedFiles(self._folder, listed, read, lambda file: f"row {file.name} in {self._folder}", names)

    def _table(self) -> Any:
        try:
            import pyarrow as pa  # an extra: only who has such files needs it
            from pyarrow import parquet
        except ImportError as error:
            raise DataError(
                f"{self._folder} holds parquet files, which need pyarrow: install the extra [parquet].", self._folder
            ) from error
        try:
            parts = [parquet.read_table(part, columns=["image", "label"]) for part in self._parts]
            return pa.concat_tables(parts)
        except (pa.ArrowException, OSError) as error:
            raise DataError(
                f"cannot read the columns image and label of {self._folder}: {error}. Replace the files by undamaged "
                "copies.",
                self._folder,
            ) from error


def _class_names(metadata: dict[bytes, bytes]) -> tuple[str, ...]:
    """What the `datasets` library notes of the labels: `info.features.label.names`; empty where it has not."""
    try:
        return tuple(json.loads(metadata[b"huggingface"])["info"]["features"]["label"]["names"])
    except (KeyError, ValueError, TypeError):
        return ()
