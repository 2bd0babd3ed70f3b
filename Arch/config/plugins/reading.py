"""Reads the `.cjson` of a plugin, which may add to the built-in rules but change nothing in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from Arch.config.json_text import Source, describe
from Arch.config.names import field_name
from Arch.config.rules.conditions import Alternative, Condition
from Arch.config.rules.declarations import Declaration, KeyRule
from Arch.config.rules.extension import Code, Extension
from Arch.config.rules.facts import Facts, read_facts
from Arch.config.rules.patterns import meet
from Arch.config.rules.reader import Member, Reader, spellings_and_retired
from Arch.config.rules.rules import Rules
from Arch.config.rules.schema import Schema

_OF_BUILT_IN_KEYS = ("choices", "resets")  # the facts that a plugin may state of a key that it does not declare
_LONGEST = 200  # characters of a choice


def read_extension(built_in: Rules, code: Code, document: Mapping[str, Any], source: Source) -> Extension:
    """Returns what a plugin's document adds to the built-in rules.

    Raises:
        RulesError: it contradicts itself or the built-in rules; the message has the line.
    """
    return _ExtensionReader(built_in, Reader(document, source, source)).extension(code)


@dataclass(frozen=True)
class _ExtensionReader:
    built_in: Rules
    reader: Reader

    def extension(self, code: Code) -> Extension:
        reader, built_in = self.reader, self.built_in
        if reader.document.get(":"):
            raise reader.error("nothing would read options of a plugin; only the built-in rules have some.", ":")
        declared, stanzas = reader.split_members()
        own = {key: members for key, members in declared.items() if key not in built_in.keys}
        facts = read_facts(reader.document, reader.source)
        of_built_in = {key: each for key, each in facts.items() if key in built_in.keys}
        of_own = {key: each for key, each in facts.items() if key not in built_in.keys}
        self._check_names(own, of_own)
        reader.check_names(own, of_own)
        choices = {
            key: self._choices(key, each) for key, each in of_built_in.items() if "choices" in self._allowed(key, each)
        }
        schemas = {
            **extended(built_in, choices),
            **{key: reader.schema(own[key][0], of_own.get(key, {})) for key in own},
        }
        conditions = {each.trail: reader.condition(each.trail, schemas, built_in.options) for each in stanzas}
        keys = {
            key: KeyRule(key, schemas[key], reader.declarations(members, schemas[key], conditions), is_option=False)
            for key, members in own.items()
        }
        more = {
            key: reader.declarations(members, schemas[key], conditions)
            for key, members in declared.items()
            if key in built_in.keys
        }
        extension = Extension(
            code, reader.source, keys, more, choices, *spellings_and_retired(of_own),
            {key: reader.reference(key, of_own[key], schemas) for key in keys if schemas[key].type == "reference"},
            {key: self._resets(key, each, schemas) for key, each in of_built_in.items() if "resets" in each},
        )  # fmt: skip
        self._check_defaults(extension)
        return extension

    def _check_names(self, own: Mapping[str, list[Member]], facts: Mapping[str, Facts]) -> None:
        images = self.built_in.key_by_field
        for key, members in own.items():
            known = images.get(field_name(key))
            if key in self.built_in.aliases or key in self.built_in.retired or known is not None:
                other = known or self.built_in.aliases.get(key, key)
                raise self.reader.error(
                    f"{key!r} is taken: {self.built_in.path} knows {other!r}. Give the key another name.",
                    *members[0].trail,
                )
        for key, each in facts.items():
            for spelling in each.get("spellings", ()):
                if spelling in self.built_in.known():
                    raise self.reader.error(f"{spelling!r} is taken by {self.built_in.path}.", "::", key, "spellings")

    def _allowed(self, key: str, facts: Facts) -> Facts:
        for fact in facts:
            if fact not in _OF_BUILT_IN_KEYS:
                raise self.reader.error(
                    f"{key!r} is a key of {self.built_in.path}, which a plugin cannot redefine; "
                    "it may add choices, and resets of its own keys to a reference.",
                    "::", key, fact,
                )  # fmt: skip
        return facts

    def _choices(self, key: str, facts: Facts) -> Mapping[str, int]:
        schema = self.built_in.keys[key].schema
        if not schema.choices:
            raise self.reader.error(f"{key} has no choices that could be added to.", "::", key, "choices")
        for name in facts["choices"]:
            if not name or schema.knows(name) or name in schema.aliases:
                raise self.reader.error(
                    f"{describe(name)} is a choice of {key} in {self.built_in.path} already. Give yours another name.",
                    "::", key, "choices", name,
                )  # fmt: skip
            if len(name) > _LONGEST:
                raise self.reader.error(f"a choice has at most {_LONGEST} characters.", "::", key, "choices", name)
            covered = next((each for each in (*schema.known(), *schema.aliases) if meet(name, each)), None)
            if covered is not None:
                raise self.reader.error(
                    f"{describe(name)} covers {describe(covered)}, a choice of {key} in {self.built_in.path}. "
                    "Give yours a name that no built-in one fits.",
                    "::", key, "choices", name,
                )  # fmt: skip
        return dict(facts["choices"])

    def _resets(self, key: str, facts: Facts, schemas: Mapping[str, Schema]) -> Mapping[str, Any]:
        for name in facts["resets"]:
            if name in self.built_in.keys:
                raise self.reader.error(
                    f"{name!r} is a key of {self.built_in.path}; a plugin resets keys of its own.",
                    "::", key, "resets", name,
                )  # fmt: skip
        if self.built_in.keys[key].schema.type != "reference":
            raise self.reader.error(f"{key} is no reference and resets nothing.", "::", key, "resets")
        return self.reader.resets(key, facts, schemas)

    def _check_defaults(self, extension: Extension) -> None:
        """Checks that a config that uses nothing of the plugin keeps its fingerprint; raises RulesError."""
        for key, rule in extension.keys.items():
            for each in rule.declarations:
                if each.default is True and not each.conditions:
                    raise self.reader.error(
                        f"{key!r} would be on in every experiment that names this file; its default has to be false.",
                        *each.trail,
                    )
        for key, declarations in extension.more.items():
            for each in declarations:
                self._check_more(key, each, extension)

    def _check_more(self, key: str, declaration: Declaration, extension: Extension) -> None:
        rule, trail = self.built_in.keys[key], declaration.trail
        if rule.is_option or declaration.default not in [each.default for each in rule.declarations]:
            raise self.reader.error(
                f"{key!r} is a key of {self.built_in.path}, where its default is {describe(rule.default)}; "
                "a plugin cannot change that.",
                *trail,
            )
        if not any(_is_own(each, extension) for each in declaration.conditions):
            raise self.reader.error(
                f"{key!r} is a key of {self.built_in.path}; a plugin can let it count where one of its own choices or "
                "keys is in use, and nowhere else.",
                *trail,
            )


def extended(built_in: Rules, choices: Mapping[str, Mapping[str, int]]) -> dict[str, Schema]:
    """Returns the schemas of the built-in keys, with further choices."""
    schemas = {key: rule.schema for key, rule in built_in.keys.items()}
    for key, more in choices.items():
        schemas[key] = replace(schemas[key], choices={**schemas[key].choices, **more})
    return schemas


def _is_own(condition: Condition, extension: Extension) -> bool:
    """Returns whether a condition never holds in a config that uses nothing of a plugin."""
    return all(_is_own_alternative(each, extension) for each in condition.alternatives)


def _is_own_alternative(condition: Alternative, extension: Extension) -> bool:
    if condition.values and condition.keys[0] not in extension.keys:
        offered = extension.choices.get(condition.keys[0], ())
        return not condition.is_negated and all(value in offered for value in condition.values)
    if not extension.keys.keys() >= set(condition.keys):
        return False
    return not any(condition.holds(seen) for seen in _unused(condition, extension))


def _unused(condition: Alternative, extension: Extension) -> Iterator[Mapping[str, Any]]:
    """Yields the values that a condition can read in a config that gives none of its keys."""
    yield {key: extension.keys[key].default for key in condition.keys}
    for key in condition.keys:
        for each in extension.keys[key].declarations:
            yield {**{name: extension.keys[name].default for name in condition.keys}, key: each.default}
