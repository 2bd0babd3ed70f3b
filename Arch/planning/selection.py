"""Selects folders of cached experiments by words, whether the folders are readable or damaged."""

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
from Arch.config.records import recalled
from Arch.config.resolve import Resolver
from Arch.errors import ArchError, CacheError, ConfigError, DiskError, UnknownNameError, quoted
from Arch.planning.places import Place
from Arch.planning.words import Words, read_words
from Arch.planning.workspace import Workspace

_FEW = 12

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Selected:
    """The fingerprints that words select.

    Attributes:
        fingerprints: the selected ones, each once.
        unread: those that no `Key=Value` word can select because their config is unreadable.
    """

    fingerprints: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Selection:
    """Selects among given fingerprints, whatever state their folders are in.

    Attributes:
        workspace: reads configs.
        names: the fingerprints to select from, sorted.
        document_of: returns the content of an experiment's Config.json, or None if it is unreadable.
        place: where the experiments are, for messages.
    """

    workspace: Workspace
    names: Sequence[str]
    document_of: Callable[[str], Document | None]
    place: str

    @classmethod
    def in_cache(cls, workspace: Workspace) -> Selection:
        """Returns the selection among all folders of the cache; raises DiskError."""
        root = workspace.store.root
        return cls(workspace, names_in(root), lambda name: document_in(root / name), f"the cache {root}")

    def read(self, words: Sequence[str]) -> Words:
        """Reads words, of which a folder named by one of the fingerprints is an experiment; raises as `read_words`."""
        return read_words(self.workspace, words, self.known.__contains__)

    def select(self, words: Words | Sequence[str], overrides: Sequence[str] = ()) -> Selected:
        """Selects by words; without any word, selects all.

        Args:
            words: as for `read_words`.
            overrides: `Key=Value` words that replace values of the files.

        Raises:
            ArchError: a word is invalid, a prefix matches no fingerprint or several, or nothing is selected.
        """
        parsed = words if isinstance(words, Words) else self.read(words)
        found = (
            [name for place in parsed.places for name in self._at(place, overrides)] if parsed.places else self.names
        )
        matches = {name: self._holds(name, parsed.conditions) for name in found}
        chosen = tuple(name for name, is_match in matches.items() if is_match)
        if parsed.parts and not chosen:
            raise ConfigError(f"nothing of {parsed} is in {self.place}.")
        return Selected(chosen, tuple(name for name, is_match in matches.items() if is_match is None))

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
                f"{len(found)} experiments begin with {quoted(prefix)}: {', '.join(found[:_FEW])}{more}. "
                "Give more digits."
            )
        return found[0]

    def _holds(self, name: str, conditions: Sequence[Condition]) -> bool | None:
        """Returns whether an experiment meets all conditions; None if its config is unreadable."""
        document = self.document_of(name) if conditions else {}
        if document is None:
            return None
        if not conditions:
            return True
        active, references = document["Active"], document["References"]
        with contextlib.suppress(
            ArchError
        ):  # values that the current rules no longer know are compared as they are stored
            active = recalled(
                self._resolver, active, Source(f"experiment {name}", is_written=False, is_record=True)
            ).active
        keys = {condition.key for condition in conditions} & references.keys()
        names = {key: self._names_of(references[key]) for key in keys}
        return all(condition.holds_among(active, names) for condition in conditions)

    def _names_of(self, reference: Mapping[str, Any]) -> tuple[str, str]:
        """Returns the names by which a reference is matched: those of its network and its fingerprint."""
        fingerprint, title = str(reference.get("Fingerprint")), str(reference.get("Title"))
        document = self.document_of(fingerprint) if is_fingerprint(fingerprint) else None
        name = title.partition(" on ")[0]
        return str(document["Active"].get("Model", name)) if document else name, fingerprint

    @functools.cached_property
    def _resolver(self) -> Resolver:
        """The resolver without a cache: references are not looked up."""
        return Resolver(self.workspace.resolver.rules)

    @functools.cached_property
    def known(self) -> frozenset[str]:
        """The fingerprints as a set."""
        return frozenset(self.names)


def names_in(root: Path) -> list[str]:
    """Returns the names in a cache folder that are fingerprints, sorted; raises DiskError."""
    return [name for name in files.list_folder(root) if is_fingerprint(name)]


def document_in(folder: Path) -> Document | None:
    """Returns the content of the Config.json in an experiment's folder, or None if it is absent or damaged."""
    try:
        return Entry(folder).document()
    except (CacheError, DiskError):
        return None


def selected_entries(workspace: Workspace, words: Sequence[str], overrides: Sequence[str] = ()) -> Iterator[Entry]:
    """Yields the cached experiments that words select; raises as `Selection.select`."""
    for name in Selection.in_cache(workspace).select(words, overrides).fingerprints:
        yield Entry(workspace.store.root / name)
