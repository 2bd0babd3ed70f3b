"""The file of a partial download, and the version on the server that its bytes belong to."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from Arch import files
from Arch.datasets.access import unwritable
from Arch.errors import CorruptEntryError


@dataclass(frozen=True)
class Version:
    """The version of a file on the server.

    Attributes:
        url: address of the file.
        validator: a strong ETag or otherwise the date of the version on the server; empty if the server sends none.
        total: its size in bytes, None if the server does not send it.
    """

    url: str
    validator: str
    total: int | None


@dataclass(frozen=True)
class Part:
    """A partial download at a path, whose version is recorded in a file beside it."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the whole file."""
        return self.path.stem

    @property
    def size(self) -> int:
        """The bytes that were received; 0 if there is no partial download."""
        try:
            return os.stat(self.path).st_size  # noqa: PTH116  # called in a loop
        except FileNotFoundError:
            return 0

    @property
    def free(self) -> int:
        """The free bytes of its file system; raises DataError."""
        try:
            found = os.statvfs(self.path.parent)
        except OSError as error:
            raise unwritable(self.path, error) from error
        return found.f_bavail * found.f_frsize

    def version(self) -> Version | None:
        """Returns the recorded version; None if there is none, or if a kill has damaged its record."""
        try:
            found = Version(**files.read_json(self._record))
        except (OSError, CorruptEntryError, TypeError):
            return None
        is_sound = isinstance(found.url, str) and isinstance(found.validator, str)
        return found if is_sound and isinstance(found.total, int | None) else None

    def begin(self, version: Version) -> None:
        """Records the version whose bytes follow; raises DataError."""
        try:
            files.write_atomically(self._record, json.dumps(asdict(version)))
        except OSError as error:
            raise unwritable(self.path, error) from error

    def opened(self) -> FileIO:
        """Opens the file to append to it; raises DataError."""
        try:
            return self.path.open("ab", buffering=0)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def discard(self) -> None:
        """Deletes the file and the record of its version."""
        self._record.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)

    @property
    def _record(self) -> Path:
        return self.path.with_name(self.path.name + ".json")
