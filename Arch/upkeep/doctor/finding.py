"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        name: the subject of the check.
        level: the severity.
        sentence: the observed facts.
        remedy: what to do; empty if nothing is to be done.
    """

    name: str
    level: Level
    sentence: str
    remedy: str = ""


def ok(name: str, sentence: str) -> Finding:
    """Returns a finding without a problem."""
    return Finding(name, Level.OK, sentence)


def warning(name: str, sentence: str, remedy: str) -> Finding:
    """Returns a finding that may cause a problem later."""
    return Finding(name, Level.WARNING, sentence, remedy)


def problem(name: str, sentence: str, remedy: str) -> Finding:
    """Returns a finding that is a problem now."""
    return Finding(name, Level.PROBLEM, sentence, remedy)
