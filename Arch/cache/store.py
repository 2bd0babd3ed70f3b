"""All experiments on disk: a folder of entries, each named by its fingerprint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.cache import layout
from Arch.cache.entry import Entry
from Arch.cache.request import Request
from Arch.cache.runs import finished
from Arch.cache.snapshot import Snapshot
from Arch.errors import CacheError, DiskError, UnknownNameError, quoted

_FEW = 12


@dataclass(frozen=True)
class Store:
    """A cache folder, which may not exist yet.

    Attributes:
        root: the folder; names in it that are not fingerprints are ignored.
    """

    root: Path

    def entry(self, config: Request) -> Entry:
        """Returns the entry of a config, whether it exists or not; nothing is read or written."""
        return Entry(self.root / config.fingerprint)

    def entries(self) -> Iterator[Entry]:
        """Lists all entries that exist, ordered by fingerprint.

        Raises:
            DiskError: the cache cannot be read.
        """
        for name in self._names():
            entry = Entry(self.root / name)
            if _exists(entry):
                yield entry

    def find(self, prefix: str) -> Entry:
        """Returns the entry whose fingerprint begins with `prefix`.

        Raises:
            UnknownNameError: there is none.
            CacheError: there are several, or `prefix` is a whole fingerprint and there is no such entry.
        """
        found = [entry for entry in self._candidates(prefix.lower()) if _exists(entry)]
        if not found:
            if layout.is_fingerprint(prefix):  # it was not typed, so suggesting a similar one would not help
                raise CacheError(f"there is no experiment {prefix} in the cache {self.root}.")
            known = [entry.fingerprint for entry in self.entries()]
            raise UnknownNameError("cached experiment", prefix, known, f"The cache is {self.root}.")
        if len(found) > 1:
            names = [entry.fingerprint for entry in found]
            more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
            raise CacheError(
                f"{len(names)} cached experiments begin with {quoted(prefix)}: {', '.join(names[:_FEW])}{more}. "
                "Give more digits."
            )
        return found[0]

    def snapshot(self) -> Snapshot:
        """Lists the names in the cache, for looking up many configs.

        Raises:
            DiskError: the cache cannot be read.
        """
        return Snapshot(self.root, frozenset(self._names()))

    def _candidates(self, prefix: str) -> list[Entry]:
        # A whole fingerprint, as references and scripts give it, can be looked up without listing the cache.
        names = [prefix] if layout.is_fingerprint(prefix) else self._names()
        return [Entry(self.root / name) for name in names if name.startswith(prefix)]

    def _names(self) -> list[str]:
        return [name for name in files.list_folder(self.root) if layout.is_fingerprint(name)]


def _exists(entry: Entry) -> bool:
    """Returns whether an entry exists; one that is damaged, or cannot be looked at, does: its reader reports why."""
    try:
        return entry.exists or bool(finished.visible(entry.path))
    except DiskError:
        return True
