"""One look at the cache that answers for ten thousand configs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from Arch.cache import layout
from Arch.cache.asked import Asked
from Arch.cache.entry import Entry
from Arch.cache.failure import latest
from Arch.cache.status import State, Status


@dataclass(frozen=True)
class Snapshot:
    """The names in the cache at one moment: what is not among them is missing, and costs no look at the disk.

    Attributes:
        root: the cache folder.
        names: the fingerprints that have a folder.
    """

    root: Path
    names: frozenset[str]

    def status(self, config: Asked, wanted: int) -> Status:
        """How far a config's entry is from having `wanted` runs; raises as `Entry.status` does."""
        if config.fingerprint not in self.names:
            return Status(State.MISSING, (), wanted)
        return Entry(self.root / config.fingerprint).status(wanted, config)

    def statuses(self, asked: Iterable[tuple[Asked, int]]) -> Iterator[Status]:
        """The status of each config, given with the number of runs wanted, in their order."""
        return (self.status(config, wanted) for config, wanted in asked)

    def look(self, config: Asked) -> tuple[int, str]:
        """How many runs a config has, and why the last attempt at a further one failed (else an empty string).

        Raises:
            ChangedDefaultError: the entry was made under another default.
            CorruptEntryError: the entry is damaged.
            CacheAccessError: it cannot be read.
        """
        if config.fingerprint not in self.names:
            return 0, ""
        entry = Entry(self.root / config.fingerprint)
        if not entry.exists:
            return 0, ""
        entry.check(config)
        runs = entry.run_indices()
        failure = latest(layout.work(entry.path), lambda run: run not in runs)
        return len(runs), str(failure or "")
