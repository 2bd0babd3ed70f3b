"""The note on keys that configs give and nothing reads: which, why, and what is read instead."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from Arch.config.config import Config
from Arch.escaping import printable

_MOST_LINES = 8


@dataclass(frozen=True)
class Finding:
    """Keys that have no effect in some configs, for one reason.

    Attributes:
        keys: the keys.
        why: with what they would count, and what is read instead.
        labels: the configs.
    """

    keys: tuple[str, ...]
    why: str
    labels: tuple[str, ...]


def unread_keys(requested: Iterable[tuple[Config, str]], typed: Collection[str] = ()) -> list[Finding]:
    """Returns the keys without effect in configs and in those that they refer to, equal ones together.

    Args:
        requested: configs, each with a label.
        typed: keys that the command line gave beside `--set`.
    """
    groups: dict[tuple[int, tuple[str, ...]], tuple[Config, list[str]]] = {}
    for config, label in _with_references(requested):
        if keys := config.unread.worth_noting(typed):
            groups.setdefault((config.unread.rank, keys), (config, []))[1].append(label)
    found: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for (_, noted), (config, labels) in groups.items():
        for why, keys in config.unread.reasons(noted).items():
            found.setdefault((keys, why), []).extend(labels)
    return [Finding(keys, why, tuple(labels)) for (keys, why), labels in found.items()]


def unread_text(findings: Sequence[Finding], where: Callable[[Sequence[str]], str] | None = None) -> str:
    """Returns the findings as one note, of one line if there is one finding; empty if there is none.

    Args:
        findings: as `unread_keys` returns them.
        where: the words for some labels; by default the first and the number of the others.
    """
    where = where or first_of
    if len(findings) == 1:
        [only] = findings
        has, it_counts = ("has", "it counts") if len(only.keys) == 1 else ("have", "they count")
        return printable(f"{where(only.labels)}: {', '.join(only.keys)} {has} no effect: {it_counts} with {only.why}")
    said = [printable(f"{where(each.labels)}: {_condition(each)}") for each in findings[:_MOST_LINES]]
    more = len({key for each in findings[_MOST_LINES:] for key in each.keys})
    rest = (
        [f"... and {more} more key{'s'[: more != 1]}; `main.py explain FILE` lists those of a config"] if more else []
    )
    return "\n  ".join(["these keys have no effect:", *said, *rest]) if findings else ""


def first_of(labels: Sequence[str]) -> str:
    """Returns the first label and the number of the others: `a.json (and 3 more)`."""
    return labels[0] + (f" (and {len(labels) - 1} more)" if len(labels) > 1 else "")


def _condition(finding: Finding) -> str:
    return f"{', '.join(finding.keys)} count{'s'[: len(finding.keys) == 1]} with {finding.why}"


def _with_references(requested: Iterable[tuple[Config, str]]) -> Iterator[tuple[Config, str]]:
    """Yields configs and then the configs that they refer to, each once."""
    level, seen = list(requested), set[int]()
    while level:
        new = [(config, label) for config, label in level if id(config) not in seen]
        seen.update(id(config) for config, _ in new)
        yield from new
        next_level: dict[int, tuple[Config, str]] = {}
        for config, label in new:
            for other in config.references.values():
                if isinstance(other, Config) and id(other) not in next_level:
                    next_level[id(other)] = (other, _place_of(other, label))
        level = [*next_level.values()]


def _place_of(other: Config, label: str) -> str:
    """Returns where a reference is written: its own file, or its key in the config that refers to it."""
    source = other.unread.source
    if source.trail:
        return f"{label}: {source.trail[-1]}"
    path = os.path.relpath(source.label) if os.path.isabs(source.label) else source.label  # noqa: PTH117
    return source.label if path.startswith("..") else path
