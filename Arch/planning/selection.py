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
from Arch.config.matching import Condition
from Arch.config.resolve import Resolver
from Arch.errors import ArchError, CacheError, ConfigError, UnknownNameError
from Arch.planning.places import Place
from Arch.planning.words import Words, read_words
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

    def read(self, words: Sequence[str]) -> Words:
        """Reads words, of which a folder named by one of the fingerprints is an experiment; raises as `read_words`."""
        return read_words(self.workspace, words, self.known.__contains__)

    def select(self, words: Words | Sequence[str], overrides: Sequence[str] = ()) -> Selected:
        """What the words select; all where there are none.

        Args:
            words: as for `read_words`.
            overrides: `Key=Value` words that change what the files say.

        Raises:
            ArchError: a word cannot be understood, a prefix fits none or several, or nothing is selected.
        """
        meant = words if isinstance(words, Words) else self.read(words)
        found = [name for place in meant.places for name in self._at(place, overrides)] if meant.places else self.names
        verdicts = {name: self._holds(name, meant.conditions) for name in found}
        chosen = tuple(name for name, is_meant in verdicts.items() if is_meant)
        if meant.parts and not chosen:
            raise ConfigError(f"nothing of {meant} is in {self.place}.")
        return Selected(chosen, tuple(name for name, is_meant in verdicts.items() if is_meant is None))

    def _at(self, place: Place, overrides: Sequence[str]) -> Iterator[str]:
        if place.prefix is not None:
            yield self._beginning(place.prefix.lower())
            return
        for path in place.files():
            fingerprint = self.workspace.resolver.load(Path(path), overrides).fingerprint
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

    def _holds(self, name: str, conditions: Sequence[Condition]) -> bool | None:
        """Whether an experiment meets all conditions; None if its config cannot be read."""
        document = self.document_of(name) if conditions else {}
        if document is None:
            return None
        if not conditions:
            return True
        active, references = document["Active"], document["References"]
        with contextlib.suppress(ArchError):  # what today's rules do not know any more is taken by the letter
            active = self._resolver.resolve(active, source=Source(f"experiment {name}")).active
        keys = {condition.key for condition in conditions} & references.keys()
        names = {key: self._names_of(references[key]) for key in keys}
        return all(condition.holds_among(active, names) for condition in conditions)

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


def selected_entries(workspace: Workspace, words: Sequence[str], overrides: Sequence[str] = ()) -> Iterator[Entry]:
    """Yields the cached experiments that words select; raises as `Selection.select`."""
    for name in Selection.in_cache(workspace).select(words, overrides).fingerprints:
        yield Entry(workspace.store.root / name)
