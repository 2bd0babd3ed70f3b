"""Spans of time as people say them."""

from __future__ import annotations


def duration_text(seconds: float) -> str:
    """A span in its two largest units: `8.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 6 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, smaller, unit, small_unit in ((86400, 3600, "d", "h"), (3600, 60, "h", "min"), (60, 1, "min", "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {small_unit}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"
