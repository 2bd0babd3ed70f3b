"""Sizes and ages as people write and read them: `500M`, `1.5G`, `12h`, `30d`."""

from __future__ import annotations

import math
import re

from Arch.errors import ConfigError

_SIZES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_AGES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_NUMBER = r"(\d+(?:\.\d+)?)\s*"
_SIZE = re.compile(rf"{_NUMBER}(?:([KMGT])i?)?B?", re.IGNORECASE)
_AGE = re.compile(rf"{_NUMBER}([smhdw])")


def bytes_of(text: str) -> int:
    """A size in bytes: a number and K, M, G or T, powers of 1024 as `du -h` has them.

    Raises:
        ConfigError: the text is no size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"expected a size such as 500M or 1.5G (units: K, M, G, T), got {text!r}.")
    return math.ceil(float(match[1]) * _SIZES[(match[2] or "").upper()])


def seconds_of(text: str) -> float:
    """An age in seconds: a number and s, m, h, d or w.

    Raises:
        ConfigError: the text is no age.
    """
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"expected an age such as 12h, 30d or 2w (units: s, m, h, d, w), got {text!r}.")
    return float(match[1]) * _AGES[match[2]]


def size_text(size: int) -> str:
    """A size in at most five characters and its unit: `1.4 GB`, `512 B`."""
    number, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if number < 999.5 or unit == "TB":
            break
        number /= 1024
    return f"{number:.0f} {unit}" if unit == "B" or number >= 9.95 else f"{number:.1f} {unit}"


def age_text(seconds: float) -> str:
    """An age in its largest whole unit: `3d`, `12h`, `5m`."""
    for unit in ("d", "h", "m"):
        if seconds >= _AGES[unit]:
            return f"{int(seconds // _AGES[unit])}{unit}"
    return f"{max(0, int(seconds))}s"
