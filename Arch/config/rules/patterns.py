"""Compares values with those in the rules file, in which `*` stands for any text."""

from __future__ import annotations

from typing import Any


def is_pattern(value: Any) -> bool:
    """Returns whether a value of the rules file is a pattern."""
    return isinstance(value, str) and "*" in value


def matches(value: Any, wanted: Any) -> bool:
    """Returns whether a value, or one element of a list, equals `wanted` in value and type or fits its pattern."""
    if isinstance(value, (list, tuple)):
        return any(matches(element, wanted) for element in value)
    if isinstance(value, str):
        return value == wanted or (is_pattern(wanted) and _fits(value, wanted))
    return value is wanted if isinstance(value, bool) or isinstance(wanted, bool) else bool(value == wanted)


def _fits(text: str, pattern: str) -> bool:
    """Returns whether a text fits a pattern: its pieces occur in order, each found at its leftmost place."""
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


def meet(one: str, other: str) -> bool:
    """Returns whether some text fits both of two patterns or names."""
    reached = _with_empty_stars({0}, other)  # the places in `other` to which a text can lead that fits `one` so far
    for letter in one:
        if letter == "*":
            reached = set(range(min(reached), len(other) + 1))
        else:
            stays = {at for at in reached if other[at : at + 1] == "*"}
            steps = {at + 1 for at in reached if other[at : at + 1] == letter}
            reached = _with_empty_stars(stays | steps, other)
        if not reached:
            return False
    return len(other) in reached


def _with_empty_stars(places: set[int], pattern: str) -> set[int]:
    """Adds the places behind each `*` at one of the places, since it stands for an empty text, too."""
    found = set(places)
    for place in places:
        at = place
        while pattern[at : at + 1] == "*":
            at += 1
            found.add(at)
    return found
