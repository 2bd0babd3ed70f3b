"""What the words of a command select among folders in a cache, be the folders sound or not."""

from __future__ import annotations

import bisect
import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch import files
from Arch.cache.entry import Entry
from Arch.cache.layout import is_fingerprint
from Arch.config.json_text import Source
from Arch.config.resolve import Resolver
from Arch.errors import ArchError, CacheError, ConfigError, UnknownNameError
from Arch.planning.config_files import config_files
from Arch.planning.workspace import Workspace

_FEW = 12

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Selected:
    """The fingerprints that words select.

    Attributes:
        fingerprints: each once.
        unread: those that no `Key=Value` word can be held against, because their config cannot be read.
    """

    fingerprints: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Selection:
    """Selects among fingerprints that are there, whatever state their folders are in.

    Attributes:
        workspace: reads configs.
        names: the fingerprints to select from, sorted.
        document_of: what the Config.json of one says, or None where nobody can read it.
        place: what to call them all, for errors.
    """

    workspace: Workspace
    names: Sequence[str]
    document_of: Callable[[str], Document | None]
    place: str

    @classmethod
    def in_cache(cls, workspace: Workspace) -> Selection:
        """The selection among all folders of the cache; raises DiskError."""
        root = workspace.store.root
        return cls(workspace, names_in(root), lambda name: document_in(root / name), f"the cache {root}")

    def select(self, words: Sequence[str], overrides: Sequence[str] = ()) -> Selected:
        """What the words select; all where there are none.

        Args:
            words: config files, folders of them, folders of the cache, fingerprint prefixes, `Key=Value` words.
            overrides: `Key=Value` words that change what the files say.

        Raises:
            ArchError: a word cannot be understood, a prefix fits none or several, or nothing is selected.
        """
        if not all(words):  # to a path, nothing is the working directory
            raise ConfigError("expected files, folders, fingerprint prefixes or Key=Value words, got an empty word.")
        places, filters = self.workspace.split(words)
        found = [name for place in places for name in self._at(place, overrides)] if places else self.names
        verdicts = {name: self._holds(name, filters) for name in found}
        chosen = tuple(name for name, is_meant in verdicts.items() if is_meant)
        if words and not chosen:
            raise ConfigError(f"nothing of {' '.join(words)} is in {self.place}.")
        return Selected(chosen, tuple(name for name, is_meant in verdicts.items() if is_meant is None))

    def _at(self, word: str, overrides: Sequence[str]) -> Iterator[str]:
        path = Path(word)
        if path.name in self.known and path.is_dir():
            yield path.name
        elif path.is_dir():
            for file in config_files(path):
                yield from self._of(file, overrides)
        elif word.endswith(".json") or path.is_file():
            yield from self._of(path, overrides)
        else:
            yield self._beginning(word.lower())

    def _of(self, file: Path, overrides: Sequence[str]) -> Iterator[str]:
        fingerprint = self.workspace.resolver.load(file, overrides).fingerprint
        if fingerprint in self.known:
            yield fingerprint

    def _beginning(self, prefix: str) -> str:
        start = bisect.bisect_left(self.names, prefix)
        found = list(self.names[start : bisect.bisect_left(self.names, f"{prefix}g")])
        if not found:
            raise UnknownNameError("experiment", prefix, self.names, f"Looked for in {self.place}.")
        if len(found) > 1:
            more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
            raise CacheError(
                f"{len(found)} experiments begin with {prefix!r}: {', '.join(found[:_FEW])}{more}. Give more digits."
            )
        return found[0]

    def _holds(self, name: str, filters: Sequence[tuple[str, Any]]) -> bool | None:
        """Whether all `Key=Value` words are true of an experiment; None if nobody can tell."""
        document = self.document_of(name) if filters else {}
        if document is None:
            return None
        if not filters:
            return True
        active, references = document["Active"], document["References"]
        with contextlib.suppress(ArchError):  # what today's rules do not know any more is taken by the letter
            active = self._resolver.resolve(active, source=Source(f"experiment {name}")).active
        return all(
            value in self._names_of(references[key]) if key in references else active.get(key) == value
            for key, value in filters
        )

    def _names_of(self, reference: Mapping[str, Any]) -> tuple[str, str]:
        """What an experiment that another was made from answers to: its network and its fingerprint."""
        fingerprint, title = str(reference.get("Fingerprint")), str(reference.get("Title"))
        document = self.document_of(fingerprint)
        name = title.partition(" on ")[0]
        return str(document["Active"].get("Model", name)) if document else name, fingerprint

    @functools.cached_property
    def _resolver(self) -> Resolver:
        """Reads configs without looking into the cache for what they were made from."""
        return Resolver(self.workspace.resolver.rules)

    @functools.cached_property
    def known(self) -> frozenset[str]:
        """The names, for looking one up."""
        return frozenset(self.names)


def names_in(root: Path) -> list[str]:
    """The names in a cache folder that are an experiment's, sorted; raises DiskError."""
    return [name for name in files.list_folder(root) if is_fingerprint(name)]


def document_in(folder: Path) -> Document | None:
    """What the Config.json of an experiment's folder says, or None where it is gone or not to be trusted."""
    try:
        return Entry(folder).document()
    except CacheError:
        return None
