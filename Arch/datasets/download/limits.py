"""Bounds what an archive may unpack to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from Arch.errors import DataError


@dataclass
class Limits:
    """What an archive may still unpack to.

    Attributes:
        archive: the archive.
        folder: where it is unpacked.
        size: bytes that its own size justifies.
        free: free bytes of the disk.
        members: number of members.
    """

    archive: Path
    folder: Path
    size: int
    free: int
    members: int

    @classmethod
    def of(cls, archive: Path, folder: Path, size: int, members: int) -> Limits:
        """Returns the given limits and the free space of an existing folder; raises OSError."""
        disk = os.statvfs(folder)
        return cls(archive, folder, size, disk.f_bavail * disk.f_frsize, members)

    @property
    def most(self) -> int:
        """The largest size of the next file."""
        return min(self.size, self.free)

    def count_member(self) -> None:
        """Takes note of a member; raises DataError if there are too many."""
        self.members -= 1
        if self.members < 0:
            raise self._untrusted()

    def take(self, size: int) -> None:
        """Takes note of unpacked bytes; raises DataError if there are too many."""
        self.size -= size
        self.free -= size
        self.require(0)

    def require(self, size: int) -> None:
        """Checks that a number of further bytes is within the limits; raises DataError if not."""
        if size > self.size:
            raise self._untrusted()
        if size > self.free:
            raise DataError(
                f"cannot unpack {self.archive}: it takes more than the free space in {self.folder}. Free some space, "
                "or use another data folder.",
                self.folder,
            )

    def _untrusted(self) -> DataError:
        return DataError(f"{self.archive} unpacks to far more than its size: do not trust it.", self.archive)
