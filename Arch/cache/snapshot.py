"""One look at the cache that answers for ten thousand configs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from Arch.cache.attempts.attempt import State
from Arch.cache.entry import Entry
from Arch.cache.request import Request
from Arch.cache.status import Status


@dataclass(frozen=True)
class Snapshot:
    """The names in the cache at one moment: what is not among them is missing, and costs no look at the disk.

    Attributes:
        root: the cache folder.
        names: the fingerprints that have a folder.
    """

    root: Path
    names: frozenset[str]

    def status(self, config: Request, wanted: int) -> Status:
        """How far a config's entry is from having `wanted` runs; whatever is wrong with it is in the status."""
        if config.fingerprint not in self.names:
            return Status(State.MISSING, (), wanted)
        return Entry(self.root / config.fingerprint).status(wanted, config)
