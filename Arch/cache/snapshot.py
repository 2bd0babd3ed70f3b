"""The names in the cache, listed once for ten thousand configs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from Arch.cache.attempts.attempt import State
from Arch.cache.entry import Entry
from Arch.cache.request import Request
from Arch.cache.status import Status


@dataclass(frozen=True)
class Snapshot:
    """The names in the cache at one moment; a config that is not among them needs no read of the disk.

    Attributes:
        root: the cache folder.
        names: the fingerprints that have a folder.
    """

    root: Path
    names: frozenset[str]

    def status(self, config: Request, wanted: int) -> Status:
        """Returns how many of the first `wanted` runs a config's entry has; problems are part of the status."""
        if config.fingerprint not in self.names:
            return Status(State.MISSING, (), wanted)
        return Entry(self.root / config.fingerprint).status(wanted, config)
