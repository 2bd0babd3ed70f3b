"""Parses the words of a grid, `Key=a,b,c`, and checks every value."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch.config.overrides import parse_value
from Arch.config.rules.rules import Rules
from Arch.config.rules.values import InvalidValueError
from Arch.errors import ConfigError, UnknownNameError, quoted

_OPENING, _CLOSING = "[{", "]}"


@dataclass(frozen=True)
class Axis:
    """The values that one key takes.

    Attributes:
        key: the key, by its name in the rules.
        texts: the values as they were typed.
        values: the values as a config states them, paths relative to the template's folder.
    """

    key: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]

    def word(self, index: int) -> str:
        """Returns one value as `Key=Value`."""
        return f"{self.key}={self.texts[index]}"


def axis_of(rules: Rules, word: str, folder: Path) -> Axis:
    """Returns the axis that a word `Key=a,b,c` states.

    Args:
        rules: the known keys and their types.
        word: the word, in which commas inside brackets, braces or double quotes are part of a value.
        folder: the template's folder.

    Raises:
        ConfigError: the word has another form, or a value does not suit the key; UnknownNameError: no such key exists.
    """
    key, text = _key_and_text(rules, word)
    return _axis(rules, word, key, split(text, word), folder)


def fixed_axis(rules: Rules, word: str, folder: Path) -> Axis:
    """Returns the axis of a word `Key=Value` with one value, which may contain commas; raises as `axis_of`."""
    key, text = _key_and_text(rules, word)
    return _axis(rules, word, key, [text], folder)


def unrepeated(axes: Sequence[Axis]) -> Sequence[Axis]:
    """Returns the axes if their keys differ.

    Raises:
        ConfigError: two have the same key.
    """
    keys = [axis.key for axis in axes]
    for key in keys:
        if keys.count(key) > 1:
            raise ConfigError(f"{key} is given twice. Give all its values in one word: {key}=a,b,c.")
    return axes


def split(text: str, word: str) -> list[str]:
    """Splits a text at the commas outside brackets, braces and double quotes.

    Raises:
        ConfigError: brackets or quotes are unbalanced, or a piece is empty; the message names the `word`.
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
        raise ConfigError(f"{word}: a bracket or a quotation mark is not closed or not opened.")
    pieces = [piece.strip() for piece in pieces]
    if len(pieces) > 1 and "" in pieces:
        raise ConfigError(f"{word}: expected a value before and after each comma.")
    return pieces


def _key_and_text(rules: Rules, word: str) -> tuple[str, str]:
    key, equals, text = word.partition("=")
    if not equals or not key:
        raise ConfigError(f"expected Key=Value, got {quoted(word)}.")
    key = rules.aliases.get(key, key)
    if key not in rules.keys:
        raise UnknownNameError("key", key, rules.keys, f"The word is {quoted(word)}.")
    return key, text


def _axis(rules: Rules, word: str, key: str, texts: Sequence[str], folder: Path) -> Axis:
    schema, values = rules.keys[key].schema, []
    for text in texts:
        value = _value(rules, key, text, folder)
        try:
            schema.check(schema.canonical(value))
        except InvalidValueError as problem:
            raise ConfigError(f"{word}: {problem}") from None
        values.append(value)
    return Axis(key, tuple(texts), tuple(values))


def _value(rules: Rules, key: str, text: str, folder: Path) -> Any:
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            return text
    value = parse_value(rules, key, text)
    if isinstance(value, str) and value != text and not text.startswith("~"):
        # `parse_value` makes a path absolute; relative to the template, the written files can be moved together.
        return os.path.relpath(value, folder)
    return value
