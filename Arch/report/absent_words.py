"""The notes on what an answer lacks: experiments without a finished run, and more or fewer runs than were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from Arch.escaping import printable
from Arch.report.unread_words import first_of

if TYPE_CHECKING:
    from Arch.planning.absent import Asked  # a cached answer must not import it

_MOST_LINES = 8


def absent_text(lacking: Sequence[Asked], total: int, done: str = "it cannot be read") -> str:
    """Returns which experiments are not shown and why, the named ones first.

    Args:
        lacking: the experiments.
        total: how many were asked for.
        done: the reason for one whose runs are finished.
    """
    ordered = sorted(lacking, key=lambda each: not each.is_named)
    said = [printable(f"{each.label}: {each.why_absent(done)}") for each in ordered[:_MOST_LINES]]
    verb = "is" if len(lacking) == 1 else "are"
    head = f"{len(lacking)} of {total} experiment{'s'[: total != 1]} {verb} not shown:"
    if len(said) == 1:
        return f"{head} {said[0]}"
    more = len(lacking) - len(said)
    return "\n  ".join([head, *said, *([f"... and {more} more; `main.py status` shows them all"] if more else [])])


def runs_text(found: Iterable[tuple[str, int, int]]) -> str:
    """Returns which experiments have more or fewer runs than were asked for; empty if all have as many.

    Args:
        found: for each experiment its label, its finished runs, and how many were asked for.
    """
    groups: dict[tuple[int, int], list[str]] = {}
    for label, runs, asked in found:
        if runs != asked:
            groups.setdefault((runs, asked), []).append(label)
    said = [printable(f"{first_of(labels)}: {_runs(*pair)}") for pair, labels in list(groups.items())[:_MOST_LINES]]
    if len(said) < 2:
        return "".join(said)
    more = sum(map(len, list(groups.values())[_MOST_LINES:]))
    return "\n  ".join(["the numbers of runs differ from NumRuns:", *said, *([f"... and {more} more"] if more else [])])


def _runs(runs: int, asked: int) -> str:
    if runs < asked:
        return f"{runs} of {asked} runs {'is' if runs == 1 else 'are'} finished, and in the statistics"
    return f"statistics are over all {runs} cached runs; NumRuns asks for {asked}"
