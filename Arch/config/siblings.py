"""Resolves configs of a sweep faster: compared with the previous config, only keys that differ are resolved."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from Arch.config.config import Config
from Arch.config.foreign import SEED
from Arch.config.rules.values import InvalidValueError

_SCALARS = frozenset((bool, int, float, str))


@dataclass(frozen=True)
class Sibling:
    """A resolved config, to which similar ones are compared.

    Attributes:
        raw: the members from which it was resolved.
        config: the resolved config.
    """

    raw: Mapping[str, Any]
    config: Config

    def changes(self, raw: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns the canonical values in which `raw` differs, by key, if nothing else in the config depends on them.

        Returns None if something may depend on them, or where a value is invalid: `raw` has to be resolved in full.
        """
        if not self._is_plain or [*raw] != self._names:
            return None
        readers, given = self.config.rules.readers, self.config.given
        changes: dict[str, Any] = {}
        try:
            for name in self._doubtful(raw):
                read, type_name = readers[name]
                canonical = read(raw[name], type_name)
                if canonical != given[name]:
                    changes[name] = canonical
        except InvalidValueError:
            return None
        return changes if self._free.issuperset(changes) else None

    def _doubtful(self, raw: Mapping[str, Any]) -> Iterable[str]:
        """Returns the names whose values are not certainly the same; `raw` has the same names in the same order."""
        values = [*raw.values()]
        if [*map(type, values)] != self._kinds:  # True, 1 and 1.0 are equal in Python but not in a config
            return self._names
        scalars = itertools.compress(self._names, map(operator.ne, values, self._values))
        return dict.fromkeys((*scalars, *self._others))  # equal lists may have members of different types

    @functools.cached_property
    def _names(self) -> list[str]:
        return [*self.raw]

    @functools.cached_property
    def _values(self) -> list[Any]:
        return [*self.raw.values()]

    @functools.cached_property
    def _kinds(self) -> list[type]:
        return [*map(type, self._values)]

    @functools.cached_property
    def _others(self) -> tuple[str, ...]:
        """The names of the values that are no scalars."""
        return tuple(name for name, value in self.raw.items() if type(value) not in _SCALARS)

    @functools.cached_property
    def _is_plain(self) -> bool:
        """Whether every member is a key under its own name, and none is an inline experiment."""
        readers = self.config.rules.readers
        return all(name in readers and not isinstance(value, Mapping) for name, value in self.raw.items())

    @functools.cached_property
    def _free(self) -> frozenset[str]:
        """The keys on which no other key's relevance, no option and no reference depends."""
        rules, config = self.config.rules, self.config
        bound = {
            *rules.gates,
            *rules.options,
            *rules.references,
            *config.relevance.required,
            *_used_by_references(config),
        }
        bound |= rules.plugged  # which plugins are used depends on them
        return frozenset(self.raw).difference(bound)


def _used_by_references(config: Config) -> set[str]:
    """Returns the active keys of a config's references, which may take their values from the config."""
    found: set[str] = set()
    for other in config.references.values():
        found |= {SEED, *other.active, *(_used_by_references(other) if isinstance(other, Config) else ())}
    return found
