"""Reads `Key=Value` words of the command line: overrides of a config, and filters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from Arch.config import json_text
from Arch.config.config import path_of
from Arch.config.json_text import Source
from Arch.config.reading import read_given
from Arch.config.rules.rules import Rules
from Arch.config.rules.values import InvalidValueError
from Arch.errors import ConfigError, UnknownNameError, quoted


def overridden(rules: Rules, words: Sequence[str], trainer: str = "") -> dict[str, Any]:
    """Returns the canonical values that `Key=Value` words give to a config of a `trainer`; raises ConfigError."""
    raw: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set: expected Key=Value, got {quoted(word)}.")
        if not text and _type_of(rules, key) == "path":
            raise ConfigError(f"--set {word}: expected a path, got an empty text: is a shell variable unset?")
        raw[key] = parse_value(rules, key, text)
    reading = read_given(rules, raw, Source("--set"), trainer)
    for key in reading.given:
        reading.check_value(key)
    return reading.given


def parse_value(rules: Rules, key: str, text: str) -> Any:
    """Returns a value from the command line: JSON unless the key is text; paths start in the working directory."""
    kind = _type_of(rules, key)
    if kind == "path" or (kind == "reference" and text.endswith(".json")):
        return _from_working_directory(text)
    if kind == "paths" and not text.startswith("["):
        return [_from_working_directory(text)] if text else []
    if kind == "str" or (kind in ("reference", "layers") and not text.startswith(("{", "["))):
        return text
    try:
        value = json_text.parse_object(f'{{"value": {text}}}', "--set")[0]["value"]
    except ConfigError:
        return text
    return (
        [_from_working_directory(str(each)) for each in value] if kind == "paths" and isinstance(value, list) else value
    )


def filter_of(rules: Rules, word: str) -> tuple[str, Any]:
    """Returns the key and the canonical value of a `Key=Value` word that selects experiments.

    Raises:
        ArchError: there is no such key, or it cannot have such a value.
    """
    key, _, text = word.partition("=")
    key = rules.aliases.get(key, key)
    if key not in rules.keys:
        raise UnknownNameError("key", key, rules.keys, f"The word {quoted(word)} selects by Key=Value.")
    try:
        return key, rules.keys[key].schema.canonical(parse_value(rules, key, text))
    except InvalidValueError as problem:
        raise ConfigError(f"{quoted(word)[1:-1]}: {problem}") from None


def _type_of(rules: Rules, key: str) -> str:
    rule = rules.keys.get(rules.aliases.get(key, key))
    return rule.schema.type if rule else "str"


def _from_working_directory(text: str) -> str:
    return str(path_of(text, Path.cwd())) if text else text
