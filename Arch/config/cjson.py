"""Reads the rules file (`.cjson`): its grammar, and every contradiction in it reported by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from pathlib import Path
from typing import Any

from Arch.config import json_text
from Arch.config.conditions import Condition, parse_condition
from Arch.config.facts import BOUNDS, Facts, check_facts, read_facts
from Arch.config.json_text import Source, describe
from Arch.config.names import field_name
from Arch.config.rules import Declaration, KeyRule, ReferenceRule, Rules
from Arch.config.schema import Schema
from Arch.config.values import TYPES, UnfitValueError, type_of_default
from Arch.errors import RulesError, did_you_mean


def read_rules(path: Path) -> Rules:
    """The rules in a file.

    Raises:
        RulesError: it cannot be read, or contradicts itself; the message has the line.
    """
    return _Reader(*json_text.read_object(path, RulesError)).rules()


@dataclass(frozen=True)
class _Member:
    """A member of the rules file: a key with its default, or a stanza; and the stanzas around it."""

    name: str
    value: Any
    stanzas: tuple[str, ...]

    @property
    def trail(self) -> tuple[str, ...]:
        return (*self.stanzas, self.name)


@dataclass(frozen=True)
class _Reader:
    document: Mapping[str, Any]
    source: Source

    def rules(self) -> Rules:
        declared: dict[str, list[_Member]] = {}
        stanzas: list[_Member] = []
        for member in self._members(self.document, ()):
            if ":" in member.name:
                stanzas.append(member)
            else:
                declared.setdefault(member.name, []).append(member)
        facts = read_facts(self.document, self.source)
        self._check_names(declared, facts)
        options = self._options(declared)
        schemas = {key: self._schema(members[0], facts.get(key, {})) for key, members in declared.items()}
        conditions = {stanza.trail: self._condition(stanza.trail, schemas, options) for stanza in stanzas}
        keys = {
            key: KeyRule(key, schemas[key], self._declarations(members, schemas[key], conditions), key in options)
            for key, members in declared.items()
        }
        return Rules(
            self.source,
            {key: keys[key] for key in self._order(keys)},
            {spelling: key for key, each in facts.items() for spelling in each.get("spellings", ())},
            {key: each["retired"] for key, each in facts.items() if "retired" in each},
            {key: self._reference(key, facts[key], schemas) for key in keys if schemas[key].type == "reference"},
        )

    def _members(self, stanza: Mapping[str, Any], stanzas: tuple[str, ...]) -> Iterator[_Member]:
        for name, value in stanza.items():
            member = _Member(name, value, stanzas)
            if name in (":", "::"):
                if stanzas:
                    raise self._error(f"{name!r} belongs to the top level of the rules.", *member.trail)
            elif ":" not in name:
                yield member
            elif isinstance(value, dict):
                yield member
                yield from self._members(value, member.trail)
            else:
                raise self._error(f"expected a stanza {{...}}, got {describe(value)}.", *member.trail)

    def _check_names(self, declared: Mapping[str, list[_Member]], facts: Mapping[str, Facts]) -> None:
        for key, each in facts.items():
            if "retired" in each:
                if key in declared:
                    raise self._error(f"{key!r} is declared and retired; it can be one of them.", "::", key)
            elif key not in declared:
                hint = did_you_mean(key, declared)
                raise self._error(f"facts about {key!r}, which nothing declares. {hint}", "::", key)
        self._check_spellings(declared, facts)
        images: dict[str, str] = {}
        for key, members in declared.items():
            other = images.setdefault(field_name(key), key)
            if other != key:
                raise self._error(f"{other!r} and {key!r} are both {field_name(key)!r} in Python.", *members[0].trail)

    def _check_spellings(self, declared: Mapping[str, list[_Member]], facts: Mapping[str, Facts]) -> None:
        taken = {*declared, *facts}
        for key, each in facts.items():
            for place, spelling in enumerate(each.get("spellings", ())):
                if spelling in taken:
                    raise self._error(f"{spelling!r} is the name of another key.", "::", key, "spellings", place)
                taken.add(spelling)

    def _options(self, declared: Mapping[str, list[_Member]]) -> set[str]:
        options = self.document.get(":", [])
        if not isinstance(options, list):
            raise self._error(f"expected a list of options, got {describe(options)}.", ":")
        for place, option in enumerate(options):
            if not isinstance(option, str):
                raise self._error(f"expected an option's name, got {describe(option)}.", ":", place)
            if option not in declared:
                raise self._error(f"the option {option!r} has no default; declare it at the top level.", ":", place)
            for member in declared[option]:
                if member.stanzas:
                    raise self._error(f"the option {option!r} is read freely and needs no condition.", *member.trail)
        return set(options)

    def _schema(self, member: _Member, facts: Facts) -> Schema:
        kind = facts.get("type") or type_of_default(member.value)
        if kind is None:
            raise self._error(
                f"the type of {member.name!r} cannot be told from its default; "
                f"give it a type in '::' ({', '.join(TYPES)}).",
                *member.trail,
            )
        check_facts(member.name, facts, kind, self.source)
        named = {name: facts[name] for name in ("choices", "planned", "aliases", "about", *BOUNDS) if name in facts}
        return Schema(kind, **named, is_required=facts.get("required", False))

    def _condition(self, trail: tuple[str, ...], schemas: Mapping[str, Schema], options: set[str]) -> Condition:
        try:
            condition = parse_condition(trail[-1], schemas)
        except RulesError as problem:
            raise self._error(str(problem), *trail) from None
        for key in condition.keys:
            if key in options:
                raise self._error(
                    f"the condition {condition.text!r} reads the option {key!r}, which may not act on a name.", *trail
                )
        return condition

    def _declarations(
        self, members: list[_Member], schema: Schema, conditions: Mapping[tuple[str, ...], Condition]
    ) -> tuple[Declaration, ...]:
        declarations = tuple(
            Declaration(
                self._default(member, schema),
                tuple(conditions[member.stanzas[: depth + 1]] for depth in range(len(member.stanzas))),
                member.trail,
            )
            for member in members
        )
        for one, other in combinations(declarations, 2):
            self._check_pair(members[0].name, one, other)
        return declarations

    def _default(self, member: _Member, schema: Schema) -> Any:
        try:
            default = schema.canonical(member.value)
            schema.check(default)
        except UnfitValueError as problem:
            raise self._error(f"the default of {member.name!r}: {problem}", *member.trail) from None
        return default

    def _check_pair(self, name: str, one: Declaration, other: Declaration) -> None:
        if one.default == other.default:
            return
        if not any(mine.excludes(yours) for mine in one.conditions for yours in other.conditions):
            line = json_text.lines(self.source.text or "").get(one.trail, 1)
            raise self._error(
                f"{name!r} has the default {describe(other.default)} here and {describe(one.default)} in line {line}, "
                "and both may hold; give it one default or another name.",
                *other.trail,
            )

    def _order(self, keys: Mapping[str, KeyRule]) -> tuple[str, ...]:
        try:
            return tuple(TopologicalSorter({name: rule.depends_on() for name, rule in keys.items()}).static_order())
        except CycleError as problem:
            ring = problem.args[1]
            trail = keys[ring[0]].declarations[0].trail
            raise self._error(f"the conditions go round in a circle: {' -> '.join(ring)}.", *trail) from None

    def _reference(self, key: str, facts: Facts, schemas: Mapping[str, Schema]) -> ReferenceRule:
        resets: dict[str, Any] = {}
        for name in (facts["model_key"], *facts.get("resets", {})):
            if name not in schemas:
                raise self._error(f"the reference {key!r} names the unknown key {name!r}.", "::", key)
        for name, value in facts.get("resets", {}).items():
            try:
                resets[name] = schemas[name].canonical(value)
                schemas[name].check(resets[name])
            except UnfitValueError as problem:
                raise self._error(f"{key} resets {name}: {problem}", "::", key, "resets", name) from None
        return ReferenceRule(facts["model_key"], resets)

    def _error(self, message: str, *trail: str | int) -> RulesError:
        return RulesError(f"{self.source.at(*trail)}{message}".rstrip())
