"""Describes what a command would remove from the cache: paths, size, and the processes that use it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from Arch import files
from Arch.cache import layout
from Arch.cache.making.workers import workers
from Arch.cache.runs import finished
from Arch.errors import DiskError
from Arch.planning.selection import document_in, names_in
from Arch.upkeep.trash import trash

Kind = Literal["experiment", "run", "attempt", "leftover"]


@dataclass(frozen=True)
class Target:
    """Something that can be removed.

    Attributes:
        kind: an experiment with all its runs, a finished run, the attempts at an unfinished one, or unused files.
        fingerprint: the experiment's fingerprint.
        run: the index of the run; None if the target is neither a run nor the attempts at one.
        places: the files and folders, relative to the cache.
        title: the experiment in a few words.
        runs: the number of finished runs in it.
        size: its size in bytes.
        changed: the time of its last change, in seconds since 1970.
        why: the reason for which it was selected.
        workers: the living processes that use it, which prevent its removal; always empty for unused files.
        obstacle: why it cannot be removed although no process uses it: it lies behind a link; empty if it can.
    """

    kind: Kind
    fingerprint: str
    run: int | None
    places: tuple[str, ...]
    title: str
    runs: int
    size: int
    changed: float
    why: str = ""
    workers: tuple[str, ...] = field(default=())
    obstacle: str = ""

    @property
    def is_movable(self) -> bool:
        """Whether nothing prevents its removal."""
        return not (self.workers or self.obstacle)


def experiment(root: Path, name: str, why: str = "") -> Target:
    """Returns a whole experiment, damaged or not; raises DiskError."""
    runs = len(finished.visible(root / name))
    return replace(_target(root, "experiment", name, (name,), why=why), runs=runs)


def run(root: Path, name: str, index: int, why: str = "") -> Target | None:
    """Returns a finished run, or the attempts at an unfinished one; None if there is neither. Raises DiskError."""
    place = f"{name}/Runs/{layout.run_name(index)}"
    if files.exists(root / place):
        return replace(_target(root, "run", name, (place,), run=index, why=why), runs=1)
    return attempt(root, name, index, why)


def attempt(root: Path, name: str, index: int, why: str = "") -> Target | None:
    """Returns the files of all attempts at a run; None if there are none. Raises DiskError."""
    places = (f"{name}/Work/{layout.run_name(index)}", f"{name}/Claims/{layout.run_name(index)}")
    there = tuple(place for place in places if files.exists(root / place))
    return _target(root, "attempt", name, there, run=index, why=why) if there else None


def leftover(root: Path, name: str, place: str, why: str) -> Target:
    """Returns unused files in an experiment's folder; raises DiskError."""
    return _target(root, "leftover", name, (place,), why=why)


def dependents(root: Path, of: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Maps each given fingerprint to the cached experiments that refer to it directly; raises DiskError."""
    found: dict[str, dict[str, None]] = {name: {} for name in of}
    for name in names_in(root) if found else ():
        document = document_in(root / name) or {"References": {}}
        for other in document["References"].values():
            parent = other.get("Fingerprint") if isinstance(other, Mapping) else None
            if parent in found:
                found[parent][name] = None
    return {parent: list(children) for parent, children in found.items()}


def _target(root: Path, kind: Kind, name: str, places: tuple[str, ...], *, run: int | None = None, why: str) -> Target:
    measures = [files.measure(root / place) for place in places]
    document = document_in(root / name) or {}
    return Target(
        kind=kind,
        fingerprint=name,
        run=run,
        places=places,
        title=str(document.get("Title", "no readable Config.json")),
        runs=0,
        size=sum(measure.size for measure in measures),
        changed=max(measure.changed for measure in measures),
        why=why,
        workers=() if kind == "leftover" else _workers(root / name, run),
        obstacle=next(filter(None, (trash.reached_by_link(root, place) for place in places)), ""),
    )


def _workers(entry: Path, run: int | None) -> tuple[str, ...]:
    """Returns the processes that use an entry; where that is unknown, the reason, which prevents its removal, too."""
    try:
        return workers(entry, run)
    except DiskError as problem:
        return (str(problem),)
