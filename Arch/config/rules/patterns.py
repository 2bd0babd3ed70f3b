"""When a value is the one that a rule asks for: whole and of its type, or of a family that `*` stands for."""

from __future__ import annotations

from typing import Any


def is_pattern(value: Any) -> bool:
    """Whether a value of the rules file stands for a family."""
    return isinstance(value, str) and "*" in value


def matches(value: Any, wanted: Any) -> bool:
    """Whether a config's value is the `wanted` one: whole and of its type, a list by its elements, `*` as a pattern."""
    if isinstance(value, (list, tuple)):
        return any(matches(element, wanted) for element in value)
    if isinstance(value, str):
        return value == wanted or (is_pattern(wanted) and _fits(value, wanted))
    return value is wanted if isinstance(value, bool) or isinstance(wanted, bool) else bool(value == wanted)


def _fits(text: str, pattern: str) -> bool:
    """Whether a `*` of the pattern can be filled everywhere; the leftmost place of each piece is as good as any."""
    first, *middle, last = pattern.split("*")
    at, end = len(first), len(text) - len(last)
    if at > end or not (text.startswith(first) and text.endswith(last)):
        return False
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True
