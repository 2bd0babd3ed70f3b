"""Configs that say nearly the same as one before them, as those of a sweep do: only what differs is read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Arch.config.config import Config
from Arch.config.foreign import SEED
from Arch.config.rules.values import UnfitValueError

_SCALARS = frozenset((bool, int, float, str))


@dataclass(frozen=True)
class Sibling:
    """A config that was resolved, beside which others are read.

    Attributes:
        raw: what it was resolved from.
        config: what came of it.
    """

    raw: Mapping[str, Any]
    config: Config

    def changes(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        """The canonical values in which `raw` differs, by key, where all else that was resolved stays as it is.

        None where that cannot be told, or where a value is unfit: then `raw` has to be resolved from the beginning.
        """
        if not self._is_plain or [*raw] != self._names:
            return None
        readers, given = self.config.rules.readers, self.config.given
        changes: dict[str, Any] = {}
        try:
            for name, value, known in zip(raw, raw.values(), self.raw.values(), strict=True):
                # To Python true, 1 and 1.0 are equal; to a config they are not, be it inside a list.
                kind = value.__class__
                if kind not in _SCALARS or kind is not known.__class__ or value != known:
                    read, type_name = readers[name]
                    canonical = read(value, type_name)
                    if canonical != given[name]:
                        changes[name] = canonical
        except UnfitValueError:
            return None
        return changes if self._free.issuperset(changes) else None

    @functools.cached_property
    def _names(self) -> list[str]:
        return [*self.raw]

    @functools.cached_property
    def _is_plain(self) -> bool:
        """Whether every key stands under its own name, and no experiment inside another."""
        readers = self.config.rules.readers
        return all(name in readers and not isinstance(value, Mapping) for name, value in self.raw.items())

    @functools.cached_property
    def _free(self) -> frozenset[str]:
        """The keys of which neither another key's relevance, an option nor another experiment depends."""
        rules, config = self.config.rules, self.config
        bound = {*rules.gates, *rules.options, *rules.references, *config.relevance.required, *_read_by_others(config)}
        bound |= rules.plugged  # which of the plugins act depends on them
        return frozenset(self.raw).difference(bound)


def _read_by_others(config: Config) -> set[str]:
    """The active keys of the experiments that a config is made from, whose values may be its own."""
    found: set[str] = set()
    for other in config.references.values():
        found |= {SEED, *other.active, *(_read_by_others(other) if isinstance(other, Config) else ())}
    return found
