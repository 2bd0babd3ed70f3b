"""What a key may hold: its type, its choices, its range; and the canonical form of a value."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from Arch.config.conditions import is_pattern, matches
from Arch.config.json_text import describe
from Arch.errors import did_you_mean

_LARGEST_WHOLE = 2**53

TYPES = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "ints": "a list of whole numbers",
    "floats": "a list of numbers",
    "strs": "a list of texts",
    "int lists": "a list of lists of whole numbers",
    "float lists": "a list of lists of numbers",
    "path": "a path, as text",
    "layers": "a list of layers (whole numbers or module names) or a rule as text",
    "reference": "an experiment: a model's name, a config's path, an inline config or a fingerprint",
}


class UnfitValueError(Exception):
    """A value does not fit its key; the resolver adds where it stands."""


@dataclass(frozen=True)
class Schema:
    """What the rules file says about one key beside its default.

    Attributes:
        type: one of `TYPES`.
        choices: the values something implements, with the version of what implements them; empty: any value.
        planned: values that are known and have an identity, but that nothing implements, with the reason.
        aliases: other spellings of values.
        at_least, above, at_most, below: bounds of a number, or of each number in a list.
        is_required: an active key must be given.
        about: one line for people.
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

    def canonical(self, value: Any) -> Any:
        """The value in the form in which it is stored, compared and hashed.

        Raises:
            UnfitValueError: it is of another type, out of range or not one of the choices.
        """
        value = _CHECKS[self.type](value, TYPES[self.type])
        if self.choices or self.planned:
            return self._chosen(value)
        if self.has_bounds:
            for number in value if isinstance(value, list) else (value,):
                self._check_bounds(number)
        return value

    @property
    def has_bounds(self) -> bool:
        """Whether any bound is set."""
        return any(bound is not None for bound in (self.at_least, self.above, self.at_most, self.below))

    def why_planned(self, value: Any) -> str | None:
        """Why nothing implements the `value` yet, or None where something does."""
        if not self.planned or (isinstance(value, str) and value in self.choices):
            return None
        text = value if isinstance(value, str) else describe(value)
        return next((why for known, why in self.planned.items() if matches(text, known)), None)

    def knows(self, value: Any) -> bool:
        """Whether the `value`, or the family that it stands for as a pattern, is among the choices."""
        known = (*self.choices, *self.planned)
        if is_pattern(value):
            return value in known or any(matches(name, value) for name in known)
        return any(matches(value, name) for name in known)

    def _chosen(self, value: Any) -> Any:
        if not isinstance(value, str) or value == "":
            return value
        value = self.aliases.get(value, value)
        if self.knows(value):
            return value
        known = sorted((*self.choices, *self.planned))
        near = did_you_mean(value, known) or f"Known: {', '.join(known)}."
        raise UnfitValueError(f"expected one of its choices, got {describe(value)}. {near}")

    def _check_bounds(self, number: float) -> None:
        if self.at_least is not None and number < self.at_least:
            raise UnfitValueError(f"expected at least {self.at_least}, got {describe(number)}.")
        if self.above is not None and number <= self.above:
            raise UnfitValueError(f"expected more than {self.above}, got {describe(number)}.")
        if self.at_most is not None and number > self.at_most:
            raise UnfitValueError(f"expected at most {self.at_most}, got {describe(number)}.")
        if self.below is not None and number >= self.below:
            raise UnfitValueError(f"expected less than {self.below}, got {describe(number)}.")


def type_of_default(default: Any) -> str | None:
    """The type that a default shows, or None where it cannot tell (an empty list)."""
    if isinstance(default, list):
        inner = {type_of_default(element) for element in default}
        return {"int": "ints", "float": "floats", "str": "strs"}.get(str(inner.pop())) if len(inner) == 1 else None
    return {bool: "bool", int: "int", float: "float", str: "str"}.get(type(default))


def _bool(value: Any, expected: str) -> bool:
    if value is True or value is False:
        return value
    raise _unfit(value, expected)


def _int(value: Any, expected: str) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise _unfit(value, expected)
    if abs(value) > _LARGEST_WHOLE:
        raise UnfitValueError(f"expected a whole number of at most 2^53, got {describe(value)}.")
    return value


def _float(value: Any, expected: str) -> float:
    if type(value) not in (int, float):
        raise _unfit(value, expected)
    if type(value) is int and abs(value) > _LARGEST_WHOLE:
        raise UnfitValueError(f"expected a number of at most 2^53 in whole digits, got {describe(value)}.")
    if not math.isfinite(value):
        raise UnfitValueError("expected a finite number, got one too large for a float.")
    return float(value) + 0.0  # -0.0 becomes 0.0


def _str(value: Any, expected: str) -> str:
    if type(value) is not str:
        raise _unfit(value, expected)
    if value.isascii():
        return value
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise UnfitValueError("expected text, got half of a surrogate pair.")
    return unicodedata.normalize("NFC", value)


def _list(element: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def check(value: Any, expected: str) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise _unfit(value, expected)
        return [element(member, expected) for member in value]

    return check


def _layer(value: Any, expected: str) -> Any:
    return _str(value, expected) if isinstance(value, str) else _int(value, expected)


def _layers(value: Any, expected: str) -> Any:
    return _str(value, expected) if isinstance(value, str) else _list(_layer)(value, expected)


def _reference(value: Any, expected: str) -> Any:
    if not isinstance(value, Mapping):
        return _str(value, expected)
    if any(not isinstance(name, str) for name in value):
        raise _unfit(value, expected)
    return dict(value)


def _unfit(value: Any, expected: str) -> UnfitValueError:
    return UnfitValueError(f"expected {expected}, got {describe(value)}.")


_CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "str": _str,
    "path": _str,
    "ints": _list(_int),
    "floats": _list(_float),
    "strs": _list(_str),
    "int lists": _list(_list(_int)),
    "float lists": _list(_list(_float)),
    "layers": _layers,
    "reference": _reference,
}
