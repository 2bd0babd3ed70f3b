"""Parses and formats sizes, durations, timestamps and scores: `1.5G`, `12h`, `2026-01-31T12:00:00Z`, `98.50 %`."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping

from Arch.errors import ConfigError
from Arch.types import Epoch

_SIZES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_DURATIONS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_TIMESTAMP = "%Y-%m-%dT%H:%M:%SZ"
_NUMBER = r"(\d+(?:\.\d+)?)\s*"
_SIZE = re.compile(rf"{_NUMBER}(?:([KMGT])i?)?B?", re.IGNORECASE)
_DURATION = re.compile(rf"{_NUMBER}([smhdw])")


def bytes_of(text: str) -> int:
    """Parses a size in bytes: a number and K, M, G or T, powers of 1024 as in `du -h`.

    Raises:
        ConfigError: the text is not a size.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"expected a size such as 500M or 1.5G (units: K, M, G, T), got {text!r}.")
    return math.ceil(float(match[1]) * _SIZES[(match[2] or "").upper()])


def seconds_of(text: str) -> float:
    """Parses a duration in seconds: a number and s, m, h, d or w.

    Raises:
        ConfigError: the text is not a duration.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"expected a span of time such as 90s, 12h or 30d (units: s, m, h, d, w), got {text!r}.")
    return float(match[1]) * _DURATIONS[match[2]]


def size_text(size: int) -> str:
    """Formats a size with its unit: `1.4 GB`, `512 B`."""
    number, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if number < 999.5 or unit == "TB":
            break
        number /= 1024
    return f"{number:.0f} {unit}" if unit == "B" or number >= 9.95 else f"{number:.1f} {unit}"


def age_text(seconds: float) -> str:
    """Formats an age in its largest whole unit: `3d`, `12h`, `5m`."""
    for unit in ("d", "h", "m"):
        if seconds >= _DURATIONS[unit]:
            return f"{int(seconds // _DURATIONS[unit])}{unit}"
    return f"{max(0, int(seconds))}s"


def duration_text(seconds: float) -> str:
    """Formats a duration in its two largest units: `8.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 6 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, smaller, unit, small_unit in ((86400, 3600, "d", "h"), (3600, 60, "h", "min"), (60, 1, "min", "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {small_unit}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"


def utc_now() -> str:
    """Returns the present time in UTC: `2026-01-31T12:00:00Z`."""
    return time.strftime(_TIMESTAMP, time.gmtime())


def seconds_at(text: str) -> float:
    """Parses a UTC timestamp into seconds since 1970; returns 0 if the text is not one."""
    import calendar  # a cached answer must not pay for this import

    try:
        return calendar.timegm(time.strptime(text, _TIMESTAMP))
    except ValueError:
        return 0.0


def is_share(score: str) -> bool:
    """Whether a score is a fraction that is shown in percent, by its name: accuracies and agreements."""
    return score.endswith(("accuracy", "agreement"))


def score_text(name: str, value: float) -> str:
    """Returns a score with its name: `accuracy 98.50 %`, `loss 0.78512`."""
    return f"{name} {value_text(name, value)}"


def value_text(name: str, value: float) -> str:
    """Returns a score without its name: `98.50 %`, `0.78512`."""
    return f"{100 * value:.2f} %" if is_share(name) else f"{value:.5g}"


def epoch_text(epoch: Epoch) -> str:
    """Returns the metrics of an epoch in one line: `train loss 0.5, train accuracy 80.00 %, test accuracy 75.00 %`."""
    splits = {"train": epoch.train, "validation": epoch.validation, "test": epoch.test}
    return ", ".join(
        f"{split} {score_text(name, value)}" for split, metrics in splits.items() for name, value in metrics.items()
    )


def constants_text(record: object) -> str:
    """Returns recorded normalisation constants: `mean 0.49, 0.48, deviation 0.25, 0.24`; empty without any."""
    if not isinstance(record, Mapping):
        return ""
    mean, deviation = (_numbers_text(record.get(name)) for name in ("mean", "std"))
    return f"mean {mean}, deviation {deviation}" if mean and deviation else ""


def _numbers_text(numbers: object) -> str:
    """Returns the numbers of a list; empty for anything else."""
    is_list = isinstance(numbers, list) and all(isinstance(each, float) for each in numbers)
    return ", ".join(f"{each:.3g}" for each in numbers) if is_list else ""  # type: ignore[attr-defined]  # it is a list
