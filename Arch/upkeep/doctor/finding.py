"""One line of the doctor's page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes:
        name: what was looked at.
        level: how bad it is.
        sentence: what there is.
        remedy: what to do about it; empty where nothing is to be done.
    """

    name: str
    level: Level
    sentence: str
    remedy: str = ""


def ok(name: str, sentence: str) -> Finding:
    """Nothing is wrong."""
    return Finding(name, Level.OK, sentence)


def warning(name: str, sentence: str, remedy: str) -> Finding:
    """Something will be in the way sooner or later."""
    return Finding(name, Level.WARNING, sentence, remedy)


def problem(name: str, sentence: str, remedy: str) -> Finding:
    """Something is in the way now."""
    return Finding(name, Level.PROBLEM, sentence, remedy)
