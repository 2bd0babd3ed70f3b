"""The schema of a key: its type, its choices, its bounds."""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from Arch.config.json_text import describe
from Arch.config.rules.patterns import is_pattern, matches
from Arch.config.rules.values import CANONICAL, TYPES, InvalidValueError, Reader, invalid
from Arch.errors import did_you_mean

# The types that a condition can compare by value, each with the type of one element.
_ELEMENTS = {
    "bool": "bool", "int": "int", "ints": "int", "float": "float", "floats": "float",
    "str": "str", "strs": "str", "path": "str",
}  # fmt: skip


@dataclass(frozen=True)
class Schema:
    """The facts about one key.

    Attributes:
        type: one of `TYPES`.
        choices: the implemented values, with the version of what implements them; empty: any value.
        planned: values that have a fingerprint but are not implemented, with the reason.
        aliases: other spellings of values.
        at_least, above, at_most, below: bounds of a number, or of each number in a list.
        is_required: the key has to be given when it is active.
        about: one line for people.
        unread: a remark for a config that gives the key where it does not count.
    """

    type: str
    choices: Mapping[str, int] = field(default_factory=dict)
    planned: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    is_required: bool = False
    about: str = ""
    unread: str = ""

    def canonical(self, value: Any) -> Any:
        """Returns the value in the form in which it is stored, compared and hashed.

        Raises:
            InvalidValueError: it is of another type or not one of the choices.
        """
        return self.reader(value, self.type)

    @functools.cached_property
    def reader(self) -> Reader:
        """The function behind `canonical`, for callers that read every key of ten thousand configs."""
        return self._read_choices if self.is_closed else CANONICAL[self.type]

    def check(self, value: Any) -> None:
        """Checks the bounds, which only active values have to keep: old configs have -1 or "" for inactive keys.

        Raises:
            InvalidValueError: the canonical value is out of range, or no choice where one is needed.
        """
        if value == "" and self.is_closed and not self.is_required:
            raise self._no_choice(value)
        for number in value if isinstance(value, list) else (value,):
            for breaks, words, bound in self._bounds:
                if breaks(number, bound):
                    raise InvalidValueError(f"expected {words} {bound}, got {describe(number)}.")

    @functools.cached_property
    def is_closed(self) -> bool:
        """Whether the rules file lists the values."""
        return self.type in ("str", "strs") and bool(self.choices or self.planned)

    @functools.cached_property
    def is_limited(self) -> bool:
        """Whether `check` could find anything."""
        return bool(self._bounds) or (self.is_closed and not self.is_required)

    def why_planned(self, value: Any) -> str | None:
        """Returns why the `value` is not implemented yet, or None if it is."""
        if not self.planned:
            return None
        if isinstance(value, list):
            return next(filter(None, map(self.why_planned, value)), None)
        if isinstance(value, str) and value in self.choices:
            return None
        text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else describe(value)
        if text in self.planned or not self._planned_families:
            return self.planned.get(text)
        return next((self.planned[family] for family in self._planned_families if matches(text, family)), None)

    def version_of(self, value: str) -> int | None:
        """Returns the version of what implements a choice or its family; None if nothing does."""
        if value in self.choices or not self._families:
            return self.choices.get(value)
        return next((self.choices[family] for family in self._families if matches(value, family)), None)

    @functools.cached_property
    def _families(self) -> tuple[str, ...]:
        return tuple(name for name in self.choices if is_pattern(name))

    @functools.cached_property
    def _planned_families(self) -> tuple[str, ...]:
        return tuple(name for name in self.planned if is_pattern(name))

    def knows(self, value: str) -> bool:
        """Returns whether a config's value is one of the choices, or fits a pattern of them."""
        if value in self.choices or value in self.planned:
            return True
        return any(matches(value, name) for name in self.known() if is_pattern(name))

    def known(self) -> tuple[str, ...]:
        """Returns every choice, implemented or planned."""
        return (*self.choices, *self.planned)

    def compared(self, text: str) -> Any:
        """Returns a condition's value, written as text, as a canonical value of this key or of an element of its list.

        Raises:
            InvalidValueError: no value of this key can equal it.
        """
        kind = _ELEMENTS.get(self.type)
        if kind is None:
            raise InvalidValueError(f"{TYPES[self.type]}, is not compared by value.")
        if kind != "str":
            try:
                return CANONICAL[kind](json.loads(text), kind)
            except ValueError:
                raise invalid(text, kind) from None
        value = self.aliases.get(text, text)
        if self.is_closed and not self.knows(value) and not any(matches(name, value) for name in self.known()):
            raise self._no_choice(value)
        return value

    @functools.cached_property
    def _bounds(self) -> tuple[tuple[Callable[[float, float], bool], str, float], ...]:
        bounds = (
            (operator.lt, "at least", self.at_least),
            (operator.le, "more than", self.above),
            (operator.gt, "at most", self.at_most),
            (operator.ge, "less than", self.below),
        )
        return tuple((breaks, words, bound) for breaks, words, bound in bounds if bound is not None)

    def _read_choices(self, value: Any, kind: str) -> Any:
        value = CANONICAL[kind](value, kind)
        return [self._chosen(each) for each in value] if kind == "strs" else self._chosen(value)

    def _chosen(self, value: str) -> str:
        if value in self.choices or value == "":
            return value
        value = self.aliases.get(value, value)
        if not self.knows(value):
            raise self._no_choice(value)
        return value

    def _no_choice(self, value: str) -> InvalidValueError:
        known = sorted(self.known())
        near = did_you_mean(value, known) or f"Known: {', '.join(known)}."
        return InvalidValueError(f"expected one of its choices, got {describe(value)}. {near}")
