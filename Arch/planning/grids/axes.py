"""The words of a grid: `Key=a,b,c`, taken apart and checked value by value."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch.config.overrides import parse_value
from Arch.config.rules.rules import Rules
from Arch.config.rules.values import UnfitValueError
from Arch.errors import ConfigError, UnknownNameError

_OPENING, _CLOSING = "[{", "]}"


@dataclass(frozen=True)
class Axis:
    """The values that one key takes.

    Attributes:
        key: its name in the rules.
        texts: the values as they were typed.
        values: the same as a config holds them, paths relative to the template.
    """

    key: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]

    def word(self, place: int) -> str:
        """One value as `Key=Value`."""
        return f"{self.key}={self.texts[place]}"


def axis_of(rules: Rules, word: str, home: Path) -> Axis:
    """The axis that a word `Key=a,b,c` states.

    Args:
        rules: which keys there are, and what they may hold.
        word: commas inside brackets, braces or double quotes belong to a value.
        home: the template's folder.

    Raises:
        ConfigError: it is no such word, or a value does not suit the key; UnknownNameError: there is no such key.
    """
    key, text = _parted(rules, word)
    return _axis(rules, word, key, split(text, word), home)


def fixed_axis(rules: Rules, word: str, home: Path) -> Axis:
    """The one value of a word `Key=Value`, commas included; raises as `axis_of` does."""
    key, text = _parted(rules, word)
    return _axis(rules, word, key, [text], home)


def unrepeated(axes: Sequence[Axis]) -> Sequence[Axis]:
    """The axes, if each has a key of its own.

    Raises:
        ConfigError: two have the same.
    """
    keys = [axis.key for axis in axes]
    for key in keys:
        if keys.count(key) > 1:
            raise ConfigError(f"{key} is given twice. Give all its values in one word: {key}=a,b,c.")
    return axes


def split(text: str, word: str) -> list[str]:
    """The pieces between commas that stand outside brackets, braces and double quotes.

    Raises:
        ConfigError: these do not match, or nothing stands between two commas; the message names the `word`.
    """
    pieces, depth, is_quoted, is_escaped = [""], 0, False, False
    for letter in text:
        if letter == "," and not (depth or is_quoted):
            pieces.append("")
            continue
        pieces[-1] += letter
        if letter == '"' and not is_escaped:
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (letter in _OPENING) - (letter in _CLOSING)
        is_escaped = is_quoted and letter == "\\" and not is_escaped
        if depth < 0:
            break
    if depth or is_quoted:
        raise ConfigError(f"{word}: a bracket or a quotation mark has no partner.")
    pieces = [piece.strip() for piece in pieces]
    if len(pieces) > 1 and "" in pieces:
        raise ConfigError(f"{word}: expected a value before and after each comma.")
    return pieces


def _parted(rules: Rules, word: str) -> tuple[str, str]:
    key, equals, text = word.partition("=")
    if not equals or not key:
        raise ConfigError(f"expected Key=Value, got {word!r}.")
    key = rules.aliases.get(key, key)
    if key not in rules.keys:
        raise UnknownNameError("key", key, rules.keys, f"It stands in {word!r}.")
    return key, text


def _axis(rules: Rules, word: str, key: str, texts: Sequence[str], home: Path) -> Axis:
    schema, values = rules.keys[key].schema, []
    for text in texts:
        value = _value(rules, key, text, home)
        try:
            schema.check(schema.canonical(value))
        except UnfitValueError as problem:
            raise ConfigError(f"{word}: {problem}") from None
        values.append(value)
    return Axis(key, tuple(texts), tuple(values))


def _value(rules: Rules, key: str, text: str, home: Path) -> Any:
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            return text
    value = parse_value(rules, key, text)
    if isinstance(value, str) and value != text and not text.startswith("~"):
        # A path, which `parse_value` takes from the working directory: the file that is written stays movable.
        return os.path.relpath(value, home)
    return value
