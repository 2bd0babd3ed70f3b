"""Checks the parts of a run's provenance that other code reads; the rest is only shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from Arch.cache.fields import Fields


def provenance_in(fields: Fields, name: str = "Provenance") -> dict[str, Any]:
    """Returns the provenance in a record.

    Raises:
        CorruptEntryError: it is no object, or a member that other code reads has another type.
    """
    origin = fields.mapping(name)
    for part in _CHECKS.keys() & origin.keys():
        expected, is_right = _CHECKS[part]
        if not is_right(origin[part]):
            raise Fields(origin, fields.path).invalid(part, expected)
    return origin


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _are_versions(value: Any) -> bool:
    return isinstance(value, dict) and all(type(each) in (int, str) for each in value.values())


def _are_differences(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_are_texts, value.values()))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


_CHECKS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "headline": ("a string", _is_text),
    "sessions": ("a list of objects", _are_objects),
    "versions": ("an object of versions", _are_versions),
    "made_from": ("an object", _is_object),
    "accepted_unlike": ("an object of lists of strings", _are_differences),
    "class_names": ("a list of strings", _are_texts),
}
