"""Limits on JSON from others: how deep it is nested, and how large its numbers are."""

from __future__ import annotations

import itertools
import json
import math

DEEPEST = 100  # levels; every later step, such as printing, may be recursive
LARGEST_WHOLE = 2**64  # seeds are whole numbers of 64 bits
_DIGITS = 20  # of 2**64
_OTHERS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {**dict.fromkeys(b"[{", 1), **dict.fromkeys(b"]}", -1)}  # by which a bracket changes the depth
_STRING = rb'"(?:[^"\\]|\\.)*"'


def is_too_deep(content: bytes, deepest: int = DEEPEST) -> bool:
    """Returns whether a JSON text is nested deeper than so many levels; a text that is no JSON may be either."""
    if content.count(b"[") + content.count(b"{") <= deepest:
        return False
    brackets = _without_strings(content).translate(None, _OTHERS)
    return max(itertools.accumulate(map(_STEPS.__getitem__, brackets)), default=0) > deepest


def decoder() -> json.JSONDecoder:
    """Returns a decoder that raises ValueError for every number that a record cannot contain."""
    return json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)


def _without_strings(content: bytes) -> bytes:
    """Returns a JSON text without its strings, which may contain brackets."""
    if b"\\" not in content:  # each quotation mark begins or ends a string
        return b"".join(content.split(b'"')[::2])
    import re  # a cached answer must not pay for this import

    return re.sub(_STRING, b"", content, flags=re.DOTALL)


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
