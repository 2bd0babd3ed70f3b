"""Reads the members of a config: replaces other spellings, drops retired keys, makes values canonical."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from Arch.config.json_text import Source, Trail, describe
from Arch.config.names import TRAINER
from Arch.config.rules.conditions import SUFFIX
from Arch.config.rules.rules import Relevance, Rules
from Arch.config.rules.values import InvalidValueError
from Arch.errors import ConfigError, did_you_mean, quoted

_DEEPEST = 20


@dataclass(frozen=True)
class Reading:
    """The values that a config gives.

    Attributes:
        rules: the rules that define the keys.
        source: where the config came from.
        given: values in canonical form, by key.
        retired: keys of old configs that are accepted without effect.
        trails: the path in the document to each value that is not a top-level member under its own key.
        trainer: the kind of study, where `given` has none.
        typed: the keys that words of the command line gave.
    """

    rules: Rules
    source: Source
    given: dict[str, Any]
    retired: list[str] = field(default_factory=list)
    trails: dict[str, Trail] = field(default_factory=dict)
    trainer: str = ""
    typed: frozenset[str] = frozenset()

    def check(self, relevance: Relevance, named: Mapping[str, Any]) -> None:
        """Checks the values of active keys and options; `named` are the active ones that differ from their defaults.

        Raises:
            ConfigError: a value is out of range, or a required one is missing.
        """
        for key in named:
            if key in relevance.limited:
                self.check_value(key)
        for key in self.rules.options:
            if key in self.given:
                self.check_value(key)
        for key in relevance.required:
            if named.get(key, relevance.defaults[key]) in ("", {}):
                planned = _planned_trainer(self)
                if planned:
                    raise ConfigError(f"{planned} This config has no {key}.")
                schema = self.rules.keys[key].schema
                known = f"One of: {', '.join(schema.choices)}." if schema.choices else ""
                raise ConfigError(f"{self.source.at()}{key} has to be given: {schema.about} {known}".rstrip())

    def check_value(self, key: str) -> None:
        """Checks one given value.

        Raises:
            ConfigError: it is out of range, or no choice where one is needed.
        """
        try:
            self.rules.keys[key].schema.check(self.given[key])
        except InvalidValueError as problem:
            trail = self.trails.get(key, (key,))
            raise ConfigError(f"{self.source.at(*trail)}{trail[-1]}: {problem}") from None


def read_given(rules: Rules, raw: Mapping[str, Any], source: Source, trainer: str = "") -> Reading:
    """Reads the members of a config; a stanza, as configs of KD_wo_CE may have, is read as if its keys stood outside.

    Args:
        rules: the rules that define the keys.
        raw: the members.
        source: where they came from, for error messages.
        trainer: the kind of study, where `raw` does not say it.

    Raises:
        ConfigError: a key is unknown, or a value is not of its type or none of its choices.
    """
    reading = Reading(rules, source, {}, trainer=trainer)
    _read(reading, raw, ())
    return reading


def _read(reading: Reading, raw: Mapping[str, Any], stanzas: Trail) -> None:
    given, readers = reading.given, {} if stanzas else reading.rules.readers
    others: list[str] = []
    name = ""
    try:
        for name, value in raw.items():
            if name in readers:
                read, kind = readers[name]
                given[name] = read(value, kind)
            else:
                others.append(name)
    except InvalidValueError as problem:
        raise ConfigError(f"{reading.source.at(name)}{name}: {problem}") from None
    for name in others:
        _read_other(reading, name, raw[name], stanzas)


def _read_other(reading: Reading, name: Any, value: Any, stanzas: Trail) -> None:
    rules, trail = reading.rules, (*stanzas, name)
    if not isinstance(name, str):
        raise ConfigError(f"{reading.source.at()}expected keys that are text, got {describe(name)}.")
    key = rules.aliases.get(name, name)
    if key in rules.keys:
        _put(reading, key, value, trail)
    elif name in rules.retired:
        reading.retired.append(name)
    elif name.endswith(SUFFIX) and isinstance(value, Mapping) and len(trail) < _DEEPEST:
        _read(reading, value, trail)
    else:
        raise _unknown_key(reading, name, trail)


def _unknown_key(reading: Reading, name: str, trail: Trail) -> ConfigError:
    planned = _planned_trainer(reading)
    if planned:
        return ConfigError(f"{planned} Its keys are not known yet, here {quoted(name)}.")
    hint = did_you_mean(name, reading.rules.known()) or "`main.py names keys` lists all keys."
    return ConfigError(f"{reading.source.at(*trail)}unknown key {quoted(name)}. {hint}")


def _planned_trainer(reading: Reading) -> str:
    """Returns why nothing can run the config's kind of study yet; empty if something can.

    It is the better answer to an unknown or a missing key: the rules do not have the keys of planned studies.
    """
    rules, trainer = reading.rules, reading.given.get(TRAINER, reading.trainer)
    why = rules.keys[TRAINER].schema.why_planned(trainer) if TRAINER in rules.keys else None
    if why is None:
        return ""
    at = reading.source.at(*reading.trails.get(TRAINER, (TRAINER,)))
    runs = ", ".join(rules.keys[TRAINER].schema.choices)
    return f"{at}{TRAINER} = {describe(trainer)} cannot run yet: {why}. What runs: {runs}."


def _put(reading: Reading, key: str, value: Any, trail: Trail) -> None:
    """Adds a value under another spelling or in a stanza; refuses a second, different value of the same key."""
    at, name, given = reading.source.at, trail[-1], reading.given
    try:
        canonical = reading.rules.keys[key].schema.canonical(value)
    except InvalidValueError as problem:
        raise ConfigError(f"{at(*trail)}{name}: {problem}") from None
    if key in given and given[key] != canonical:
        where = "stands elsewhere" if name == key else f"is another spelling of {key!r}"
        raise ConfigError(f"{at(*trail)}{name!r} {where} and says otherwise. Keep one.")
    given[key] = canonical
    reading.trails[key] = trail
