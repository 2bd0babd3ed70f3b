"""The types of values, and functions that check a value and return its canonical form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from Arch.config.json_text import describe

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
    "paths": "a list of paths, each as text",
    "layers": "a list of layers (whole numbers or module names) or a rule as text",
    "reference": "an experiment: a model's name, a config's path, an inline config or a fingerprint",
}

_LARGEST_WHOLE = 2**53

# Takes a value and the name of its type; returns the value as it is stored, compared and hashed.
Reader = Callable[[Any, str], Any]


class InvalidValueError(Exception):
    """A value does not fit its key; callers add the key, the file and the line."""


def type_of_default(default: Any) -> str | None:
    """Returns the type of a default, or None if it shows none (an empty list)."""
    if isinstance(default, list):
        inner = {type_of_default(element) for element in default}
        return {"int": "ints", "float": "floats", "str": "strs"}.get(str(inner.pop())) if len(inner) == 1 else None
    return {bool: "bool", int: "int", float: "float", str: "str"}.get(type(default))


def invalid(value: Any, kind: str) -> InvalidValueError:
    """Returns the error of a value that is not of the type `kind`."""
    return InvalidValueError(f"expected {TYPES[kind]}, got {describe(value)}.")


def _bool(value: Any, kind: str) -> bool:
    if value is True or value is False:
        return value
    raise invalid(value, kind)


def _int(value: Any, kind: str) -> int:
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is not int:
        raise invalid(value, kind)
    if abs(value) > _LARGEST_WHOLE:
        raise InvalidValueError(f"expected a whole number of at most 2^53, got {describe(value)}.")
    return value


def _float(value: Any, kind: str) -> float:
    if type(value) not in (int, float):
        raise invalid(value, kind)
    if type(value) is int and abs(value) > _LARGEST_WHOLE:
        raise InvalidValueError(f"expected a number of at most 2^53 in whole digits, got {describe(value)}.")
    if not math.isfinite(value):
        raise InvalidValueError("expected a finite number, got one too large for a float.")
    return float(value) + 0.0  # -0.0 becomes 0.0


def _str(value: Any, kind: str) -> str:
    if type(value) is not str:
        raise invalid(value, kind)
    if value.isascii():
        return value
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidValueError("expected text, got half of a surrogate pair.")
    import unicodedata  # most configs are ASCII, and a cached answer should not wait for this import

    return unicodedata.normalize("NFC", value)


def _path(value: Any, kind: str) -> str:
    text = _str(value, kind)
    if "\0" in text:
        raise InvalidValueError("expected a path, got a text with a null character, which no file can have.")
    return text


def _list(element: Reader) -> Reader:
    def check(value: Any, kind: str) -> list[Any]:
        if not isinstance(value, (list, tuple)):
            raise invalid(value, kind)
        return [element(member, kind) for member in value]

    return check


def _layer(value: Any, kind: str) -> Any:
    return _str(value, kind) if isinstance(value, str) else _int(value, kind)


def _layers(value: Any, kind: str) -> Any:
    return _str(value, kind) if isinstance(value, str) else _list(_layer)(value, kind)


def _reference(value: Any, kind: str) -> Any:
    if isinstance(value, str) or not isinstance(value, Mapping):
        return _str(value, kind)
    if any(not isinstance(name, str) for name in value):
        raise invalid(value, kind)
    return dict(value)


CANONICAL: Mapping[str, Reader] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "str": _str,
    "path": _path,
    "paths": _list(_path),
    "ints": _list(_int),
    "floats": _list(_float),
    "strs": _list(_str),
    "int lists": _list(_list(_int)),
    "float lists": _list(_list(_float)),
    "layers": _layers,
    "reference": _reference,
}
