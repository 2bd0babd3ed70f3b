"""Checks the parts of a run's provenance that other code reads; the rest is only shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from Arch.cache.fields import Fields

MOST_CLASSES, MOST_PIXELS = 10**7, 2**16  # of a dataset; of a side of an image


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


def _is_count(value: Any, most: int = MOST_CLASSES) -> bool:
    return type(value) is int and 1 <= value <= most


def _is_shape(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(_is_count(each, MOST_PIXELS) for each in value)


def _are_constants(value: Any) -> bool:
    names = {"mean", "std", "unit"}
    if not isinstance(value, dict) or not names <= value.keys():
        return False
    mean, std = value["mean"], value["std"]
    are_lists = isinstance(mean, list) and isinstance(std, list) and len(mean) == len(std)
    return are_lists and all(type(each) in (int, float) for each in (*mean, *std, value["unit"]))


_CHECKS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "headline": ("a string", _is_text),
    "sessions": ("a list of objects", _are_objects),
    "versions": ("an object of versions", _are_versions),
    "made_from": ("an object", _is_object),
    "accepted_unlike": ("an object of lists of strings", _are_differences),
    "class_names": ("a list of strings", _are_texts),
    "classes": ("a whole number of classes", _is_count),
    "input_shape": ("a list of channels, height and width", _is_shape),
    "normalization": ("a string", _is_text),
    "normalization_constants": ("an object of the lists mean and std and the number unit", _are_constants),
}
