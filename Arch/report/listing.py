"""The list of cached experiments: state, runs, size on disk, age."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from Arch import files
from Arch.cache import layout
from Arch.cache.entry import Entry
from Arch.cache.runs import finished
from Arch.config.rules.rules import Rules
from Arch.planning.overview import of_entry
from Arch.report.columns import aligned
from Arch.units import age_text, size_text

SORTS = ("age", "size", "title")


@dataclass(frozen=True)
class Line:
    """One cached experiment in the list.

    Attributes:
        fingerprint: its fingerprint.
        title: its title.
        state: its state.
        runs: the number of finished runs.
        size: bytes of its whole folder.
        changed: when its newest run was written, in seconds since 1970; 0 without runs.
        unlike: in which respects the networks that its runs were made from differ.
    """

    fingerprint: str
    title: str
    state: str
    runs: int
    size: int
    changed: float
    unlike: tuple[str, ...] = ()


def line_of(entry: Entry, rules: Rules) -> Line:
    """Returns the line of one experiment, readable or not."""
    overview = of_entry(entry, rules)
    runs = finished.visible(entry.path)
    written = [files.measure(f"{layout.runs(entry.path)}/{layout.run_name(index)}").changed for index in runs]
    size = files.measure(entry.path).size
    status, newest = overview.status, max(written, default=0)
    return Line(entry.fingerprint, overview.title, str(status.state), len(runs), size, newest, status.unlike)


def ordered(lines: Iterable[Line], by: str) -> list[Line]:
    """Returns the lines sorted by age (the newest first), size (the largest first) or title."""
    if by == "title":
        return sorted(lines, key=lambda line: (line.title, line.fingerprint))
    if by == "size":
        return sorted(lines, key=lambda line: (-line.size, line.fingerprint))
    return sorted(lines, key=lambda line: (-line.changed, line.fingerprint))


def text(lines: Sequence[Line], now: float) -> list[str]:
    """Returns a line of text for each experiment, and one with the totals.

    Args:
        lines: the experiments, in order.
        now: the present, in seconds since 1970.
    """
    cells = [
        (
            line.fingerprint[:8],
            line.state,
            str(line.runs),
            size_text(line.size),
            age_text(now - line.changed) if line.changed else "-",
            f"{line.title} (unlike {', '.join(line.unlike)})" if line.unlike else line.title,
        )
        for line in lines
    ]
    head = ("name", "state", "runs", "size", "age", "title")
    return [*aligned([head, *cells], "<<>>><"), totals(lines)]


def totals(lines: Sequence[Line]) -> str:
    """Returns the totals: `12 experiments, 30 runs, 1.4 GB`."""
    runs = sum(line.runs for line in lines)
    kinds = f"{len(lines)} experiment{'s'[: len(lines) != 1]}, {runs} run{'s'[: runs != 1]}"
    return f"{kinds}, {size_text(sum(line.size for line in lines))}"


def json_rows(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Returns the lines as JSON objects."""
    return [dict(vars(line)) for line in lines]
