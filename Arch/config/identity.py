"""The identity of an experiment: a fingerprint of the parameters that matter for it and differ from their defaults.

The active keys whose values differ from their defaults, each reference replaced by the fingerprint of the experiment
that it names -> canonical JSON (sorted keys) -> SHA-256 -> its first 32 hexadecimal digits.

So neither the order of keys, nor a key that is switched off, nor a default that is written out, nor a later key whose
default means "as before" changes a fingerprint; and a student's fingerprint changes with its teacher's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

DIGITS = 32

_LARGEST_WHOLE = 2**53  # beyond it, a float no longer holds every whole number
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def named_values(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a fingerprint is made of: the values of active keys that differ from the key's default.

    Args:
        values: canonical values by key; those of keys that are not active are left out.
        defaults: the defaults of the active keys.
    """
    return {key: value for key, value in values.items() if key in defaults and value != defaults[key]}


def without_defaults(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values that differ from their key's default; keys without a default are kept."""
    return {key: value for key, value in values.items() if key not in defaults or value != defaults[key]}


def fingerprint_of(named: Mapping[str, Any]) -> str:
    """Returns the fingerprint of the experiment with these named values, references by their fingerprints."""
    return hashlib.sha256(canonical_json(named).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def canonical_json(value: Any) -> str:
    """Returns JSON in its one canonical form: sorted keys, no blanks, whole floats without a fraction.

    Raises:
        ValueError: a number in it is not finite.
    """
    return _ENCODER.encode(_canonical(value))


def _canonical(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_WHOLE else value
    if isinstance(value, (list, tuple)):
        return [_canonical(member) for member in value]
    if isinstance(value, dict):
        return {key: _canonical(member) for key, member in value.items()}
    return value
