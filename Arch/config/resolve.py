"""Resolves what a user wrote into a `Config`: strict about names, types and values, lenient about order."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from Arch.config import json_text
from Arch.config.cjson import read_rules
from Arch.config.config import Config
from Arch.config.json_text import Source
from Arch.config.references import References, StoredLookup, no_store
from Arch.config.rules import Declaration, KeyRule, Rules
from Arch.config.schema import UnfitValueError
from Arch.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Resolver:
    """Turns files and mappings into configs under one set of rules, each file once.

    Attributes:
        rules: the rules of identity.
        stored: finds a cached experiment's config by (a prefix of) its fingerprint.
    """

    rules: Rules
    stored: StoredLookup = no_store
    _files: dict[Path, Config] = field(default_factory=dict)
    _derived: dict[str, Config] = field(default_factory=dict)
    _open: list[Path] = field(default_factory=list)

    @classmethod
    def at(cls, rules_path: Path, stored: StoredLookup = no_store) -> Resolver:
        """A resolver under the rules of a file."""
        return cls(read_rules(rules_path), stored)

    def load(self, path: Path, overrides: Sequence[str] = ()) -> Config:
        """The config in a file, with `Key=Value` overrides.

        Raises:
            ConfigError: the file, or what it asks for, cannot be understood; the message has the line.
        """
        path = Path(os.path.abspath(path))  # noqa: PTH100 - `..` is folded, links are not followed
        if path in self._open:
            ring = " -> ".join(str(each) for each in (*self._open[self._open.index(path) :], path))
            raise ConfigError(f"{path}: the references go round in a circle: {ring}. Give one of them another teacher.")
        if not overrides and path in self._files:
            return self._files[path]
        self._open.append(path)
        try:
            raw, source = json_text.read_object(path)
            config = self.resolve(raw, path.parent, source, overrides)
        finally:
            self._open.pop()
        if not overrides:
            self._files[path] = config
        return config

    def once(self, text: str, resolve: Callable[[], Config]) -> Config:
        """What `resolve` gives for this `text`, asked for once: hundreds of students share one teacher."""
        if text not in self._derived:
            self._derived[text] = resolve()
        return self._derived[text]

    def resolve(
        self,
        raw: Mapping[str, Any],
        folder: Path | None = None,
        source: Source | None = None,
        overrides: Sequence[str] = (),
    ) -> Config:
        """The config that a mapping states.

        Args:
            raw: keys and values; what is missing has its default.
            folder: where its relative paths start; the working directory by default.
            source: where it came from, for error messages.
            overrides: `Key=Value` words that come before what `raw` says.

        Raises:
            ConfigError: an unknown key, an unfit value, a missing one, or a reference that leads nowhere.
        """
        folder = folder or Path.cwd()
        source = source or Source("config")
        given, retired = _Given(self.rules, source).read(raw)
        if overrides:
            given |= _overrides(self.rules, overrides)
        active, off = _relevant(self.rules, given)
        options = {key: given.get(key, rule.default) for key, rule in self.rules.keys.items() if rule.is_option}
        for key, rule in self.rules.keys.items():
            if key in active and rule.schema.is_required and active[key] in ("", {}):
                raise ConfigError(f"{source.label}: {key} has to be given: {rule.schema.about} {_known(rule)}".rstrip())
        references = References(self, given, folder, source).of(active)
        active |= {key: other.fingerprint for key, other in references.items()}
        return Config(
            self.rules,
            active,
            options,
            off,
            references,
            given,
            folder,
            _notes(active, given, retired, self.rules),
        )


def _relevant(rules: Rules, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parts the keys into those that matter, with values, and those that do not, with what was given for them.

    Conditions see a switched-off key's default, so that nothing switched off can act; `rules.keys` is ordered
    such that one pass is enough.
    """
    seen: dict[str, Any] = {}
    active: dict[str, Any] = {}
    off: dict[str, Any] = {}
    for key, rule in rules.keys.items():
        declared = _declared(rule, seen)
        if declared is None:
            seen[key] = rule.default
            off[key] = given.get(key)
            continue
        seen[key] = given.get(key, declared.default)
        if not rule.is_option:
            active[key] = seen[key]
    return active, off


def _declared(rule: KeyRule, seen: Mapping[str, Any]) -> Declaration | None:
    first = rule.declarations[0]
    return first if not first.conditions else rule.declared(seen)


@dataclass(frozen=True)
class _Given:
    """Reads what a config gives: aliases replaced, retired keys set aside, values in canonical form."""

    rules: Rules
    source: Source

    def read(self, raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        given: dict[str, Any] = {}
        retired: list[str] = []
        keys = self.rules.keys
        for name, value in raw.items():
            rule = keys.get(name)
            if rule is None:
                self._read_other(name, value, given, retired)
            else:
                self._put(given, rule, name, value)
        return given, retired

    def _read_other(self, name: Any, value: Any, given: dict[str, Any], retired: list[str]) -> None:
        if not isinstance(name, str):
            raise ConfigError(f"{self.source.label}: expected keys that are text, got {name!r}.")
        if name in self.rules.retired:
            retired.append(name)
        elif name in self.rules.aliases:
            self._put(given, self.rules.keys[self.rules.aliases[name]], name, value)
        else:
            hint = did_you_mean(name, self.rules.known()) or "`main.py names keys` lists all keys."
            raise ConfigError(f"{self.source.at(name)}unknown key {name!r}. {hint}")

    def _put(self, given: dict[str, Any], rule: KeyRule, name: str, value: Any) -> None:
        try:
            canonical = rule.schema.canonical(value)
        except UnfitValueError as problem:
            raise ConfigError(f"{self.source.at(name)}{name}: {problem}") from None
        if rule.name in given and given[rule.name] != canonical:
            raise ConfigError(
                f"{self.source.at(name)}{name!r} is another spelling of {rule.name!r} and says otherwise. Keep one."
            )
        given[rule.name] = canonical


def _overrides(rules: Rules, words: Sequence[str]) -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set: expected Key=Value, got {word!r}.")
        raw[key] = parse_value(rules, key, text)
    given, _ = _Given(rules, Source("--set")).read(raw)
    return given


def parse_value(rules: Rules, key: str, text: str) -> Any:
    """A value from the command line: JSON where the key's type is not text, paths from the working directory."""
    rule = rules.keys.get(rules.aliases.get(key, key))
    kind = rule.schema.type if rule else "str"
    if kind == "path" or (kind == "reference" and text.endswith(".json")):
        return str(Path(text).expanduser().absolute()) if text else text
    if kind == "str" or (kind in ("reference", "layers") and not text.startswith(("{", "["))):
        return text
    try:
        return json_text.parse_object(f'{{"value": {text}}}', "--set")[0]["value"]
    except ConfigError:
        return text


def _known(rule: KeyRule) -> str:
    return f"One of: {', '.join(rule.schema.choices)}." if rule.schema.choices else ""


def _notes(active: Mapping[str, Any], given: Mapping[str, Any], retired: list[str], rules: Rules) -> tuple[str, ...]:
    notes = [f"{name} is accepted without effect: {rules.retired[name]}." for name in retired]
    peak, rate = active.get("MaxLR"), given.get("LearningRate")
    if peak is not None and rate is not None and "LearningRate" not in active and rate != peak:
        notes.append(
            f"under OneCycle the peak rate is MaxLR {peak:g}; LearningRate {rate:g} is not read "
            "(KD_wo_CE trained at LearningRate and named the run by MaxLR)."
        )
    return tuple(notes)
