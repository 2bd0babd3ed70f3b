"""Reads the members of a JSON object by name and type; an error names the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from Arch.errors import CorruptEntryError


@dataclass(frozen=True)
class Fields:
    """A JSON object whose members are read by name and type.

    Attributes:
        document: the object.
        path: the file that it was read from, for the error.

    Every method raises CorruptEntryError if the member is missing or of another type.
    """

    document: Mapping[str, Any]
    path: str

    def integer(self, name: str) -> int:
        """Returns a whole number."""
        value = self.document.get(name)
        if type(value) is not int:
            raise self.invalid(name, "a whole number")
        return value

    def number(self, name: str) -> float:
        """Returns a number."""
        value = self.document.get(name)
        if not _is_number(value):
            raise self.invalid(name, "a number")
        return float(self.document[name])

    def text(self, name: str) -> str:
        """Returns a string."""
        value = self.document.get(name)
        if not isinstance(value, str):
            raise self.invalid(name, "a string")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """Returns an object."""
        value = self.document.get(name)
        if not isinstance(value, dict):
            raise self.invalid(name, "an object")
        return value

    def numbers(self, name: str) -> dict[str, float]:
        """Returns an object of numbers."""
        values = self.mapping(name)
        if not all(_is_number(value) for value in values.values()):
            raise self.invalid(name, "an object of numbers")
        return values

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Returns a list of objects."""
        values = self.document.get(name)
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.invalid(name, "a list of objects")
        return values

    def invalid(self, name: str, expected: str) -> CorruptEntryError:
        """Builds the error for a member that is missing or not as expected."""
        found = repr(self.document[name]) if name in self.document else "nothing"
        found = found if len(found) <= 60 else f"{found[:60]}..."
        return CorruptEntryError(
            f"{self.path} is damaged or was edited: expected {name} to be {expected}, found {found}. Restore it from a "
            "copy, or remove what is damaged from the cache (`main.py rm --corrupt` lists it) and give the command "
            "again to make it anew."
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
