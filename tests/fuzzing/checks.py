"""What every answer of the program must hold; each violation as a kind and its details."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.fuzzing.command import Command, Outcome
from tests.fuzzing.sandbox import SECRET

# C0 but newline and tab, DEL, C1, line separators and all characters with the property Bidi_Control of Unicode
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NO_UTF8 = re.compile("[\ud800-\udfff]")
_TRACEBACK = "Traceback (most recent call last)"
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class Violation:
    """A property that an answer does not have.

    Attributes:
        kind: which property.
        details: what was found; equal details are one fault.
    """

    kind: str
    details: str


def violations(command: Command, outcome: Outcome, *, reads_canary: bool = False) -> list[Violation]:
    """Returns the properties that an answer does not have."""
    found = _ending(outcome)
    text = outcome.out + outcome.err
    if outcome.is_hung:
        return [Violation("hang", outcome.raised)]
    for kind, pattern in (("control character", CONTROLS), ("no UTF-8", _NO_UTF8)):
        if match := pattern.search(text):
            around = text[max(match.start() - 30, 0) : match.end() + 10]
            found.append(Violation(kind, f"{match[0]!r} in {around!r}"))
    found += [Violation("outside", event) for event in outcome.events]
    if SECRET in text and not reads_canary:
        found.append(Violation("outside", "prints what the canary holds"))
    if longest := max((len(line) for line in outcome.err.splitlines() if len(line) > _MOST_CHARACTERS), default=0):
        found.append(Violation("long message", f"a line of {longest} characters to standard error"))
    if command.must_fail and outcome.code == 0:
        found.append(Violation("exit code", f"{command.verb} ends with 0"))
    if command.must_fail and outcome.code and not outcome.err.strip() and not outcome.out.strip():
        found.append(Violation("silence", f"{command.verb} ends with {outcome.code} and prints nothing"))
    found += [Violation("hidden", f"{command.verb} does not show {each}") for each in _missing(command, outcome)]
    return found


def _ending(outcome: Outcome) -> list[Violation]:
    if outcome.raised and not outcome.is_hung:
        return [Violation("exception", outcome.raised)]
    if _TRACEBACK in outcome.err:
        lines = outcome.err.partition(_TRACEBACK)[2].splitlines()
        last = next((line for line in lines[1:] if line and not line.startswith((" ", "\t"))), "")
        return [Violation("traceback", last[:200])]
    return [Violation("killed", f"by the signal {-outcome.code}")] if outcome.code < 0 else []


def _missing(command: Command, outcome: Outcome) -> list[str]:
    return [] if outcome.raised else [each for each in command.shows if each not in outcome.out]
