"""Reads the members of a JSON object by name, type and range; an error names the file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from Arch.errors import CorruptEntryError

LARGEST_WHOLE = 2**64  # seeds have 64 bits
LONGEST_TIME = 1e11  # seconds, three thousand years
MOST_STEPS = 10**15


@dataclass(frozen=True)
class Fields:
    """A JSON object whose members are read by name, type and range.

    Attributes:
        document: the object.
        path: the file that it was read from, for the error.

    Every method raises CorruptEntryError if the member is missing, of another type or out of range.
    """

    document: Mapping[str, Any]
    path: str

    def integer(self, name: str, least: int = -LARGEST_WHOLE, most: int = LARGEST_WHOLE) -> int:
        """Returns a whole number from `least` to `most`."""
        value = self.document.get(name)
        if type(value) is not int or not least <= value <= most:
            raise self.invalid(name, _ranged("a whole number", least, most))
        return value

    def count(self, name: str, most: int = MOST_STEPS) -> int:
        """Returns a whole number from 0 on."""
        return self.integer(name, 0, most)

    def number(self, name: str, least: float = -math.inf, most: float = math.inf) -> float:
        """Returns a finite number from `least` to `most`."""
        value = self.document.get(name)
        if not _is_number(value) or not least <= value <= most:
            raise self.invalid(name, _ranged("a finite number", least, most))
        return float(value)

    def seconds(self, name: str) -> float:
        """Returns a duration in seconds."""
        return self.number(name, 0.0, LONGEST_TIME)

    def text(self, name: str) -> str:
        """Returns a string."""
        value = self.document.get(name)
        if not isinstance(value, str):
            raise self.invalid(name, "a string")
        return value

    def digest(self, name: str) -> str:
        """Returns a SHA-256 in hexadecimal digits."""
        value = self.document.get(name)
        if not isinstance(value, str) or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise self.invalid(name, "a SHA-256")
        return value

    def texts(self, name: str) -> list[str]:
        """Returns a list of strings."""
        values = self.document.get(name)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.invalid(name, "a list of strings")
        return values

    def mapping(self, name: str) -> dict[str, Any]:
        """Returns an object."""
        value = self.document.get(name)
        if not isinstance(value, dict):
            raise self.invalid(name, "an object")
        return value

    def inside(self, name: str) -> Fields:
        """Returns the members of an object."""
        return Fields(self.mapping(name), self.path)

    def numbers(self, name: str) -> dict[str, float]:
        """Returns an object of finite numbers."""
        values = self.mapping(name)
        if not all(map(_is_number, values.values())):
            raise self.invalid(name, "an object of finite numbers")
        return values

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Returns a list of objects."""
        values = self.document.get(name)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.invalid(name, "a list of objects")
        return values

    def invalid(self, name: str, expected: str) -> CorruptEntryError:
        """Builds the error for a member that is missing or not as expected."""
        found = _shown(self.document[name]) if name in self.document else "nothing"
        return CorruptEntryError(
            f"{self.path} is damaged or was edited: expected {name} to be {expected}, found {found}. Restore it from a "
            "copy, or remove what is damaged from the cache (`main.py rm --corrupt` lists it) and give the command "
            "again to make it anew."
        )


def _is_number(value: object) -> TypeGuard[float]:
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is int and -LARGEST_WHOLE <= value <= LARGEST_WHOLE


def _ranged(kind: str, least: float, most: float) -> str:
    if most in (LARGEST_WHOLE, MOST_STEPS, math.inf):
        return f"{kind} from {least:g} on" if least == 0 else kind
    return f"{kind} from {least:g} to {most:g}"


def _shown(value: Any) -> str:
    try:
        found = repr(value)
    except (ValueError, RecursionError):  # a whole number of too many digits, or an object made in Python
        return f"a {type(value).__name__}"
    return found if len(found) <= 60 else f"{found[:60]}..."
