"""Reads the rules file (`.cjson`): its grammar, and every contradiction in it reported by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from Arch.config import json_text
from Arch.config.conditions import Condition, parse_condition, typed
from Arch.config.json_text import Source, Trail, describe
from Arch.config.names import field_name
from Arch.config.rules import Declaration, KeyRule, ReferenceRule, Rules
from Arch.config.schema import TYPES, Schema, UnfitValueError, type_of_default
from Arch.errors import RulesError, did_you_mean

_FACTS = {
    "about", "type", "choices", "planned", "aliases", "at_least", "above", "at_most", "below", "required",
    "spellings", "retired", "model_key", "resets",
}  # fmt: skip


def read_rules(path: Path) -> Rules:
    """The rules in a file.

    Raises:
        RulesError: it cannot be read, or contradicts itself; the message has the line.
    """
    document, source = json_text.read_object(path, RulesError)
    return _Reader(document, source).rules(path)


@dataclass(frozen=True)
class _Member:
    """A key as it stands in the file: its default, the stanzas around it, and where."""

    name: str
    default: Any
    stanzas: tuple[str, ...]

    @property
    def trail(self) -> Trail:
        return (*self.stanzas, self.name)


@dataclass(frozen=True)
class _Reader:
    document: Mapping[str, Any]
    source: Source
    places: dict[Trail, int] = field(default_factory=dict)

    def rules(self, path: Path) -> Rules:
        self.places.update(json_text.lines(self.source.text or ""))
        members = list(self._members(self.document, ()))
        about = self._about()
        retired = {key: facts["retired"] for key, facts in about.items() if "retired" in facts}
        options = self._options({member.name for member in members})
        keys: dict[str, KeyRule] = {}
        for name in dict.fromkeys(member.name for member in members):
            mine = [member for member in members if member.name == name]
            keys[name] = self._key(mine, about.get(name, {}), is_option=name in options)
        self._check_about(about, keys, retired)
        keys = {name: self._with_typed_conditions(rule, keys) for name, rule in keys.items()}
        ordered = {name: keys[name] for name in self._order(keys)}
        return Rules(path, ordered, self._aliases(about, keys), retired, self._references(about, keys))

    def _members(self, stanza: Mapping[str, Any], stanzas: tuple[str, ...]) -> Iterator[_Member]:
        for name, value in stanza.items():
            if name in (":", "::"):
                if stanzas:
                    raise RulesError(f"{self._at((*stanzas, name))}{name!r} belongs to the top level of the rules.")
            elif ":" not in name:
                yield _Member(name, value, stanzas)
            elif isinstance(value, dict):
                yield from self._members(value, (*stanzas, name))
            else:
                raise RulesError(f"{self._at((*stanzas, name))}expected a stanza {{...}}, got {describe(value)}.")

    def _about(self) -> dict[str, dict[str, Any]]:
        about = self.document.get("::", {})
        if not isinstance(about, dict):
            raise RulesError(f"{self._at(('::',))}expected an object of facts about keys, got {describe(about)}.")
        for key, facts in about.items():
            if not isinstance(facts, dict):
                raise RulesError(f"{self._at(('::', key))}expected an object of facts, got {describe(facts)}.")
            for fact in facts:
                if fact not in _FACTS:
                    hint = did_you_mean(fact, _FACTS)
                    raise RulesError(f"{self._at(('::', key, fact))}no fact about a key is called {fact!r}. {hint}")
        return about

    def _options(self, declared: set[str]) -> set[str]:
        options = self.document.get(":", [])
        if not isinstance(options, list):
            raise RulesError(f"{self._at((':',))}expected a list of options, got {describe(options)}.")
        for place, option in enumerate(options):
            if option not in declared:
                at = self._at((":", place))
                raise RulesError(f"{at}the option {option!r} has no default; declare it at the top level.")
        return set(options)

    def _key(self, members: list[_Member], facts: Mapping[str, Any], *, is_option: bool) -> KeyRule:
        first = members[0]
        schema = self._schema(first, facts)
        declarations = tuple(self._declaration(member, schema) for member in members)
        for place, one in enumerate(declarations):
            for other in declarations[place + 1 :]:
                self._check_pair(first.name, one, other)
        if is_option and any(each.conditions for each in declarations):
            raise RulesError(f"{self._at(first.trail)}the option {first.name!r} is read freely and needs no condition.")
        return KeyRule(first.name, schema, declarations, is_option)

    def _schema(self, member: _Member, facts: Mapping[str, Any]) -> Schema:
        kind = facts.get("type") or type_of_default(member.default)
        if kind not in TYPES:
            hint = f"give it a type in '::' ({', '.join(TYPES)})"
            raise RulesError(
                f"{self._at(member.trail)}the type of {member.name!r} cannot be told from its default; {hint}."
            )
        bounds: dict[str, Any] = {name: facts.get(name) for name in ("at_least", "above", "at_most", "below")}
        named: dict[str, Any] = {name: facts[name] for name in ("choices", "planned", "aliases") if name in facts}
        return Schema(kind, **named, **bounds, is_required=facts.get("required", False), about=facts.get("about", ""))

    def _declaration(self, member: _Member, schema: Schema) -> Declaration:
        at = self._at(member.trail)
        if schema.is_required:
            default = member.default
        else:
            try:
                default = schema.canonical(member.default)
            except UnfitValueError as problem:
                raise RulesError(f"{at}the default of {member.name!r}: {problem}") from None
        conditions = tuple(
            parse_condition(text, self._at(member.stanzas[: depth + 1])) for depth, text in enumerate(member.stanzas)
        )
        return Declaration(default, conditions, self.places.get(member.trail, 1))

    def _check_pair(self, name: str, one: Declaration, other: Declaration) -> None:
        if one.default == other.default:
            return
        if not any(mine.excludes(yours) for mine in one.conditions for yours in other.conditions):
            raise RulesError(
                f"{self.source.label}:{other.line}: {name!r} has the default {describe(other.default)} here and "
                f"{describe(one.default)} in line {one.line}, and both may hold; give it one default or another name."
            )

    def _with_typed_conditions(self, rule: KeyRule, keys: Mapping[str, KeyRule]) -> KeyRule:
        declarations = tuple(
            replace(
                each,
                conditions=tuple(self._typed(condition, keys, each.line) for condition in each.conditions),
            )
            for each in rule.declarations
        )
        return replace(rule, declarations=declarations)

    def _typed(self, condition: Condition, keys: Mapping[str, KeyRule], line: int) -> Condition:
        at = f"{self.source.label}:{line}: "
        for key in condition.keys:
            if key not in keys:
                hint = did_you_mean(key, keys)
                raise RulesError(f"{at}the condition '{condition.text}' names the unknown key {key!r}. {hint}".rstrip())
        rule = keys[condition.keys[0]]
        try:
            values = tuple(typed(value, rule.default) for value in condition.values)
        except ValueError:
            kind = TYPES[rule.schema.type]
            raise RulesError(f"{at}the condition '{condition.text}' compares {rule.name}, {kind}, with text.") from None
        for value in values:
            if (rule.schema.choices or rule.schema.planned) and isinstance(value, str) and not rule.schema.knows(value):
                hint = did_you_mean(value, (*rule.schema.choices, *rule.schema.planned))
                raise RulesError(
                    f"{at}the condition '{condition.text}' names {value!r}, no choice of {rule.name}. {hint}".rstrip()
                )
        if condition.needs_all and len(values) > 1 and not isinstance(rule.default, list):
            raise RulesError(f"{at}the condition '{condition.text}' can never hold: {rule.name} is no list.")
        return replace(condition, values=values)

    def _order(self, keys: Mapping[str, KeyRule]) -> tuple[str, ...]:
        images: dict[str, str] = {}
        for name in keys:
            other = images.setdefault(field_name(name), name)
            if other != name:
                raise RulesError(
                    f"{self.source.label}: {other!r} and {name!r} are both {field_name(name)!r} in Python."
                )
        try:
            return tuple(TopologicalSorter({name: rule.depends_on() for name, rule in keys.items()}).static_order())
        except CycleError as problem:
            ring = " -> ".join(problem.args[1])
            line = keys[problem.args[1][0]].declarations[0].line
            raise RulesError(f"{self.source.label}:{line}: the conditions go round in a circle: {ring}.") from None

    def _check_about(self, about: Mapping[str, Any], keys: Mapping[str, KeyRule], retired: Mapping[str, str]) -> None:
        for key in about:
            if key not in keys and key not in retired:
                hint = did_you_mean(key, keys)
                raise RulesError(f"{self._at(('::', key))}facts about {key!r}, which nothing declares. {hint}".rstrip())
            if key in keys and key in retired:
                raise RulesError(f"{self._at(('::', key))}{key!r} is declared and retired; it can be one of them.")

    def _aliases(self, about: Mapping[str, Any], keys: Mapping[str, KeyRule]) -> dict[str, str]:
        aliases: dict[str, str] = {}
        for key, facts in about.items():
            for spelling in facts.get("spellings", ()):
                if spelling in keys or spelling in aliases:
                    raise RulesError(f"{self._at(('::', key, 'spellings'))}{spelling!r} is the name of another key.")
                aliases[spelling] = key
        return aliases

    def _references(self, about: Mapping[str, Any], keys: Mapping[str, KeyRule]) -> dict[str, ReferenceRule]:
        references: dict[str, ReferenceRule] = {}
        for name, rule in keys.items():
            if rule.schema.type != "reference":
                continue
            facts = about[name]
            named = (facts.get("model_key", ""), *facts.get("resets", {}))
            for key in named:
                if key not in keys:
                    raise RulesError(f"{self._at(('::', name))}the reference {name!r} names the unknown key {key!r}.")
            references[name] = ReferenceRule(facts["model_key"], facts.get("resets", {}))
        return references

    def _at(self, trail: Trail) -> str:
        return f"{self.source.label}:{self.places.get(trail, 1)}: "
