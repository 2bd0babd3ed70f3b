"""The rules, parsed once: every key, its defaults, and the conditions under which it is active."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from Arch.config.json_text import Source, Trail, lines
from Arch.config.names import field_name
from Arch.config.rules.declarations import Declaration, KeyRule, ReferenceRule
from Arch.config.rules.extension import Extension
from Arch.config.rules.schema import Schema
from Arch.config.rules.values import Reader


@dataclass(frozen=True)
class Relevance:
    """The active keys, for one set of values of the keys that conditions read.

    Attributes:
        defaults: the defaults of the active keys.
        off: the keys that are switched off.
        limited: the active keys whose given values have to be checked.
        required: the active keys that have to be given.
    """

    defaults: Mapping[str, Any]
    off: tuple[str, ...]
    limited: frozenset[str]
    required: tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """The rules that decide what is part of a fingerprint.

    Attributes:
        source: the rules file.
        keys: every key, in an order in which conditions only read keys that come before.
        aliases: other spellings of keys.
        retired: keys of old configs that are accepted without effect, with the reason.
        references: how each key of the type `reference` is resolved.
        plugins: what each plugin added, in the order of the plugins.
        built_in: the rules without plugins; None if these rules have none.
        extended: cache of these rules with plugins, by the plugins' paths and whether they are named.
        read: cache of the plugins that were read, by path.
    """

    source: Source
    keys: Mapping[str, KeyRule]
    aliases: Mapping[str, str]
    retired: Mapping[str, str]
    references: Mapping[str, ReferenceRule]
    plugins: tuple[Extension, ...] = ()
    built_in: Rules | None = None
    extended: dict[tuple[tuple[str, bool], ...], Rules] = field(default_factory=dict, repr=False, compare=False)
    read: dict[str, Extension] = field(default_factory=dict, repr=False, compare=False)
    _relevances: dict[str, Relevance] = field(default_factory=dict, repr=False, compare=False)

    @property
    def path(self) -> str:
        """The path of the rules file."""
        return self.source.label

    def known(self) -> Iterable[str]:
        """Returns every name that a config may have as a key."""
        return (*self.keys, *self.aliases, *self.retired)

    def line_of(self, declaration: Declaration) -> int:
        """Returns the line of a declaration in the rules file or in the rules of a plugin."""
        source = declaration.source
        return (self._lines if source is None else lines(source.text or "")).get(declaration.trail, 1)

    def relevance(self, given: Mapping[str, Any]) -> Relevance:
        """Returns which keys are active for the canonical values `given`; cached by the values that conditions read."""
        gates = repr([given.get(key) for key in self.gates])
        found = self._relevances.get(gates)
        if found is None:
            found = self._relevances[gates] = self._computed_relevance(given)
        return found

    def versions(self, active: Mapping[str, Any]) -> dict[str, int | str]:
        """Returns the version of the component of each `active` value, by key; a new version makes runs stale.

        A plugin's version is the digest of its file, under its name.
        """
        found = {
            key: schema.version_of(active[key]) for key, schema in self._versioned if isinstance(active.get(key), str)
        }
        known: dict[str, int | str] = {key: version for key, version in found.items() if version is not None}
        return known | {each.code.name: each.code.sha256[:12] for each in self.plugins} if self.plugins else known

    @functools.cached_property
    def readers(self) -> Mapping[str, tuple[Reader, str]]:
        """For each key the function that makes its values canonical, and the type to call it with."""
        return {key: (rule.schema.reader, rule.schema.type) for key, rule in self.keys.items()}

    @functools.cached_property
    def options(self) -> Mapping[str, Any]:
        """The options with their defaults."""
        return {key: rule.default for key, rule in self.keys.items() if rule.is_option}

    @functools.cached_property
    def plugged(self) -> frozenset[str]:
        """The keys that plugins added or gave choices to."""
        return frozenset(key for each in self.plugins for key in (*each.keys, *each.choices))

    @functools.cached_property
    def planned(self) -> tuple[str, ...]:
        """The keys that have planned values."""
        return tuple(key for key, rule in self.keys.items() if rule.schema.planned)

    @functools.cached_property
    def key_by_field(self) -> Mapping[str, str]:
        """The key of each snake_case name."""
        return {field_name(key): key for key in self.keys}

    @functools.cached_property
    def data_keys(self) -> tuple[str, ...]:
        """The keys that say which images there are: the dataset, its own keys, and their size."""
        found = {"Dataset"}
        for key, rule in self.keys.items():  # in an order in which conditions only read keys that come before
            if rule.depends_on() and rule.depends_on() <= found:
                found.add(key)
        return (*sorted(found), "DownSample")

    @functools.cached_property
    def normalization_keys(self) -> frozenset[str]:
        """The keys on which the normalisation constants of the data depend."""
        return frozenset((*self.data_keys, "Normalization"))

    @functools.cached_property
    def _versioned(self) -> tuple[tuple[str, Schema], ...]:
        return tuple((key, rule.schema) for key, rule in self.keys.items() if rule.schema.choices)

    @functools.cached_property
    def _lines(self) -> Mapping[Trail, int]:
        return lines(self.source.text or "")

    @functools.cached_property
    def gates(self) -> tuple[str, ...]:
        """The keys that conditions read."""
        read = set().union(*(rule.depends_on() for rule in self.keys.values()))
        return tuple(key for key in self.keys if key in read)

    def _computed_relevance(self, given: Mapping[str, Any]) -> Relevance:
        """Computes which keys are active; for a switched-off key, conditions read the default, not the given value."""
        seen: dict[str, Any] = {}
        defaults: dict[str, Any] = {}
        off: list[str] = []
        for key, rule in self.keys.items():
            declared = rule.declared(seen)
            if declared is None:
                seen[key] = rule.default
                off.append(key)
                continue
            seen[key] = given.get(key, declared.default)
            if not rule.is_option:
                defaults[key] = declared.default
        limited = frozenset(key for key in defaults if self.keys[key].schema.is_limited)
        required = tuple(key for key in defaults if self.keys[key].schema.is_required)
        return Relevance(defaults, tuple(off), limited, required)


def ordered(keys: Mapping[str, KeyRule]) -> dict[str, KeyRule]:
    """Returns the keys in an order in which conditions only read earlier keys; raises CycleError."""
    graph = {name: rule.depends_on() for name, rule in keys.items()}
    return {name: keys[name] for name in TopologicalSorter(graph).static_order()}
