"""Limits on JSON from others: how deep it is nested, and how large its numbers are."""

from __future__ import annotations

import json
import math

DEEPEST = 100  # levels; every later step, such as printing, may be recursive
LARGEST_WHOLE = 2**64  # seeds are whole numbers of 64 bits
_DIGITS = 20  # of 2**64
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STRING = rb'"(?:[^"\\]|\\.)*"'


def is_too_deep(content: bytes, deepest: int = DEEPEST) -> bool:
    """Returns whether a JSON text is nested deeper than so many levels; a text that is no JSON may be either."""
    if content.count(b"[") + content.count(b"{") <= deepest or not _peeled(content, deepest):
        return False
    import re  # a cached answer must not pay for this import

    return bool(_peeled(re.sub(_STRING, b"", content, flags=re.DOTALL), deepest))  # strings may contain brackets


def decoder() -> json.JSONDecoder:
    """Returns a decoder that raises ValueError for every number that a record cannot contain."""
    return json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)


def _peeled(content: bytes, levels: int) -> bytes:
    """Returns the brackets of a text without so many of the innermost levels."""
    left, before = content.translate(_BRACKETS, _OTHERS), -1
    for _ in range(levels):
        if len(left) in {0, before}:  # of brackets that do not match, a rest stays
            break
        left, before = left.replace(b"[]", b""), len(left)
    return left


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large for a number")
    return number


def _whole(text: str) -> int:
    if len(text) <= _DIGITS + 1 and abs(number := int(text)) <= LARGEST_WHOLE:
        return number
    raise ValueError(f"a whole number of {len(text.lstrip('-'))} digits is too large")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
