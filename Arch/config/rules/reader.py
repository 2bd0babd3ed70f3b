"""Reads the rules file (`.cjson`), and reports contradictions in it by line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError
from itertools import combinations
from pathlib import Path
from typing import Any

from Arch.config import json_text
from Arch.config.json_text import Source, describe
from Arch.config.names import field_name
from Arch.config.rules.conditions import Condition, never_together, parse_condition
from Arch.config.rules.declarations import Declaration, KeyRule, ReferenceRule
from Arch.config.rules.facts import BOUNDS, Facts, check_facts, read_facts
from Arch.config.rules.rules import Rules, ordered
from Arch.config.rules.schema import Schema
from Arch.config.rules.values import TYPES, InvalidValueError, type_of_default
from Arch.errors import RulesError, did_you_mean


def read_rules(path: Path) -> Rules:
    """Returns the rules in a file.

    Raises:
        RulesError: it cannot be read, or contradicts itself; the message has the line.
    """
    return Reader(*json_text.read_object(path, RulesError)).rules()


def spellings_and_retired(facts: Mapping[str, Facts]) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the other spellings with their keys, and the retired keys with the reasons."""
    spellings = {spelling: key for key, each in facts.items() for spelling in each.get("spellings", ())}
    return spellings, {key: each["retired"] for key, each in facts.items() if "retired" in each}


@dataclass(frozen=True)
class Member:
    """A member of the rules file: a key with its default, or a stanza.

    Attributes:
        name: the key, or the condition with `:Params`.
        value: the default, or the members of the stanza.
        stanzas: the names of the stanzas around it, outermost first.
    """

    name: str
    value: Any
    stanzas: tuple[str, ...]

    @property
    def trail(self) -> tuple[str, ...]:
        """The path to it in the document."""
        return (*self.stanzas, self.name)


@dataclass(frozen=True)
class Reader:
    """Reads a document in the grammar of the rules: `rules` reads the rules file, the other methods also a plugin's.

    Attributes:
        document: the JSON object.
        source: its origin, for error messages.
        origin: the source of its declarations; None for the rules file.
    """

    document: Mapping[str, Any]
    source: Source
    origin: Source | None = None

    def rules(self) -> Rules:
        """Returns the document as complete rules; raises RulesError."""
        declared, stanzas = self.split_members()
        facts = read_facts(self.document, self.source)
        self.check_names(declared, facts)
        options = self._options(declared)
        schemas = {key: self.schema(members[0], facts.get(key, {})) for key, members in declared.items()}
        conditions = {stanza.trail: self.condition(stanza.trail, schemas, options) for stanza in stanzas}
        keys = {
            key: KeyRule(key, schemas[key], self.declarations(members, schemas[key], conditions), key in options)
            for key, members in declared.items()
        }
        return Rules(
            self.source,
            self._ordered(keys),
            *spellings_and_retired(facts),
            {key: self.reference(key, facts[key], schemas) for key in keys if schemas[key].type == "reference"},
        )

    def split_members(self) -> tuple[dict[str, list[Member]], list[Member]]:
        """Returns the members that declare keys, by key, and the stanzas; raises RulesError."""
        declared: dict[str, list[Member]] = {}
        stanzas: list[Member] = []
        for member in self._members(self.document, ()):
            if ":" in member.name:
                stanzas.append(member)
            else:
                declared.setdefault(member.name, []).append(member)
        return declared, stanzas

    def _members(self, stanza: Mapping[str, Any], stanzas: tuple[str, ...]) -> Iterator[Member]:
        for name, value in stanza.items():
            member = Member(name, value, stanzas)
            if name in (":", "::"):
                if stanzas:
                    raise self.error(f"{name!r} belongs to the top level of the rules.", *member.trail)
            elif ":" not in name:
                yield member
            elif isinstance(value, dict):
                yield member
                yield from self._members(value, member.trail)
            else:
                raise self.error(f"expected a stanza {{...}}, got {describe(value)}.", *member.trail)

    def check_names(self, declared: Mapping[str, list[Member]], facts: Mapping[str, Facts]) -> None:
        """Checks that each fact has its key, and that no two keys have one name; raises RulesError."""
        for key, each in facts.items():
            if "retired" in each:
                if key in declared:
                    raise self.error(f"{key!r} is declared and retired; it can be only one of these.", "::", key)
            elif key not in declared:
                hint = did_you_mean(key, declared)
                raise self.error(f"facts about {key!r}, which is not declared. {hint}", "::", key)
        self._check_spellings(declared, facts)
        images: dict[str, str] = {}
        for key, members in declared.items():
            other = images.setdefault(field_name(key), key)
            if other != key:
                raise self.error(f"{other!r} and {key!r} are both {field_name(key)!r} in Python.", *members[0].trail)

    def _check_spellings(self, declared: Mapping[str, list[Member]], facts: Mapping[str, Facts]) -> None:
        taken = {*declared, *facts}
        for key, each in facts.items():
            for place, spelling in enumerate(each.get("spellings", ())):
                if spelling in taken:
                    raise self.error(f"{spelling!r} is the name of another key.", "::", key, "spellings", place)
                taken.add(spelling)

    def _options(self, declared: Mapping[str, list[Member]]) -> set[str]:
        options = self.document.get(":", [])
        if not isinstance(options, list):
            raise self.error(f"expected a list of options, got {describe(options)}.", ":")
        for place, option in enumerate(options):
            if not isinstance(option, str):
                raise self.error(f"expected an option's name, got {describe(option)}.", ":", place)
            if option not in declared:
                raise self.error(f"the option {option!r} has no default; declare it at the top level.", ":", place)
            for member in declared[option]:
                if member.stanzas:
                    raise self.error(f"the option {option!r} can always be read and takes no condition.", *member.trail)
        return set(options)

    def schema(self, member: Member, facts: Facts) -> Schema:
        """Returns the schema of a key from its default and the facts about it; raises RulesError."""
        kind = facts.get("type") or type_of_default(member.value)
        if kind is None:
            raise self.error(
                f"the type of {member.name!r} cannot be inferred from its default; "
                f"give it a type in '::' ({', '.join(TYPES)}).",
                *member.trail,
            )
        check_facts(member.name, facts, kind, self.source)
        named = {
            name: facts[name] for name in ("choices", "planned", "aliases", "about", "unread", *BOUNDS) if name in facts
        }
        return Schema(kind, **named, is_required=facts.get("required", False))

    def condition(self, trail: tuple[str, ...], schemas: Mapping[str, Schema], options: Collection[str]) -> Condition:
        """Returns the condition of the stanza at `trail`; raises RulesError."""
        try:
            condition = parse_condition(trail[-1], schemas)
        except RulesError as problem:
            raise self.error(str(problem), *trail) from None
        for key in condition.keys:
            if key in options:
                raise self.error(
                    f"the condition {condition.text!r} reads the option {key!r}, which must not change a fingerprint.",
                    *trail,
                )
        return condition

    def declarations(
        self, members: list[Member], schema: Schema, conditions: Mapping[tuple[str, ...], Condition]
    ) -> tuple[Declaration, ...]:
        """Returns all declarations of one key, with their conditions; raises RulesError."""
        declarations = tuple(
            Declaration(
                self._default(member, schema),
                tuple(conditions[member.stanzas[: depth + 1]] for depth in range(len(member.stanzas))),
                member.trail,
                self.origin,
            )
            for member in members
        )
        for one, other in combinations(declarations, 2):
            self._check_pair(members[0].name, one, other)
        return declarations

    def _default(self, member: Member, schema: Schema) -> Any:
        try:
            default = schema.canonical(member.value)
            schema.check(default)
        except InvalidValueError as problem:
            raise self.error(f"the default of {member.name!r}: {problem}", *member.trail) from None
        return default

    def _check_pair(self, name: str, one: Declaration, other: Declaration) -> None:
        if one.default == other.default:
            return
        if not never_together(one.conditions, other.conditions):
            line = json_text.lines(self.source.text or "").get(one.trail, 1)
            raise self.error(
                f"{name!r} has the default {describe(other.default)} here and {describe(one.default)} in line {line}, "
                "and both may hold; give it one default or another name.",
                *other.trail,
            )

    def _ordered(self, keys: Mapping[str, KeyRule]) -> dict[str, KeyRule]:
        try:
            return ordered(keys)
        except CycleError as problem:
            cycle = problem.args[1]
            trail = keys[cycle[0]].declarations[0].trail
            raise self.error(f"the conditions form a cycle: {' -> '.join(cycle)}.", *trail) from None

    def reference(self, key: str, facts: Facts, schemas: Mapping[str, Schema]) -> ReferenceRule:
        """Returns how a key refers to another experiment; raises RulesError."""
        if facts["model_key"] not in schemas:
            raise self.error(f"the reference {key!r} names the unknown key {facts['model_key']!r}.", "::", key)
        resets = self.resets(key, facts, schemas)
        return ReferenceRule(facts["model_key"], resets, facts.get("version", 1), facts.get("needs_weights", False))

    def resets(self, key: str, facts: Facts, schemas: Mapping[str, Schema]) -> dict[str, Any]:
        """Returns the values that are set where the reference `key` is only a model's name; raises RulesError."""
        resets: dict[str, Any] = {}
        for name, value in facts.get("resets", {}).items():
            if name not in schemas:
                raise self.error(f"the reference {key!r} names the unknown key {name!r}.", "::", key)
            try:
                resets[name] = schemas[name].canonical(value)
                schemas[name].check(resets[name])
            except InvalidValueError as problem:
                raise self.error(f"{key} resets {name}: {problem}", "::", key, "resets", name) from None
        return resets

    def error(self, message: str, *trail: str | int) -> RulesError:
        """Returns the error with `message` about the member at `trail`."""
        return RulesError(f"{self.source.at(*trail)}{message}".rstrip())
