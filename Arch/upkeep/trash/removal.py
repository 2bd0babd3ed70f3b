"""Moves experiments and runs from the cache to the trash and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from Arch import files
from Arch.cache import layout, summary
from Arch.cache.entry import Entry
from Arch.cache.making.workers import workers
from Arch.cache.runs import finished
from Arch.errors import CacheError, CorruptEntryError, DiskError
from Arch.upkeep.trash import targets, trash
from Arch.upkeep.trash.targets import Target
from Arch.upkeep.trash.trash import Item


@dataclass(frozen=True)
class Removal:
    """The result of removing a target.

    Attributes:
        target: the target.
        items: its items in the trash; empty if it was not moved or had been removed before.
        refusal: why it was not moved.
    """

    target: Target
    items: tuple[Item, ...]
    refusal: str = ""


def removable(root: Path, names: Sequence[str], runs: Collection[int] = ()) -> list[Target]:
    """Returns the experiments with these fingerprints as targets or, if `runs` is not empty, only those runs of each.

    Raises:
        CacheError: one of the runs is in none of the experiments; DiskError: an experiment cannot be read.
    """
    if not runs:
        return [targets.experiment(root, name) for name in names]
    found = {(name, index): targets.run(root, name, index) for name in names for index in sorted(set(runs))}
    for index in runs:
        if not any(found[name, index] for name in names):
            there = {each for name in names for each in finished.listed(root / name)}
            known = ", ".join(map(str, sorted(there))) or "none"
            raise CacheError(f"there is no run {index} in {', '.join(names[:3])}. Runs there: {known}.")
    return [target for target in found.values() if target]


def damaged(root: Path, names: Sequence[str]) -> list[Target]:
    """Returns the damaged runs of these experiments, or the whole experiment where its config is missing or damaged.

    Unlike `verify`, it does not read every byte. Raises DiskError.
    """
    return [target for name in names for target in _damaged(root, name)]


def move_to_trash(root: Path, target: Target) -> Removal:
    """Moves a target to the trash, unless a living process uses it."""
    folder = root / target.fingerprint
    try:
        busy = () if target.kind == "leftover" else workers(folder, target.run)
        if busy:
            return Removal(replace(target, workers=busy), (), f"{busy[0]}; stop it first, or wait for it")
        if target.kind == "run" and target.run is not None:
            summary.withdraw(Entry(folder), target.run)
            Entry(folder).work(target.run).clear()  # else what is left there would look like a crashed attempt
        moved = [trash.move(root, place) for place in target.places]
    except (CacheError, DiskError) as problem:
        return Removal(target, (), str(problem))
    if target.kind == "run":
        summary.renew(Entry(folder))
    return Removal(target, tuple(item for item in moved if item))


def put_back(root: Path, item: Item) -> None:
    """Moves an item of the trash back to its place.

    Raises:
        CacheError: its place is taken, or its experiment does not exist; DiskError: it cannot be moved.
    """
    entry = Entry(root / item.fingerprint)
    if not item.is_experiment and not files.exists(entry.path):
        raise CacheError(f"{item.place} belongs to an experiment that is not in the cache: put that back first.")
    if item.run is not None:
        summary.withdraw(entry, item.run)
    trash.put_back(root, item)
    if item.run is not None:
        summary.renew(entry)


def _damaged(root: Path, name: str) -> Iterator[Target]:
    entry = Entry(root / name)
    runs = finished.listed(entry.path)
    try:
        if entry.exists or runs:
            entry.document()
    except (CacheError, DiskError) as problem:
        yield targets.experiment(root, name, str(problem) if entry.exists else f"runs without a {layout.CONFIG}")
        return
    for index in runs:
        problems = [problem for which in ("Last", "Best") for problem in _problems(entry, index, which)]
        target = targets.run(root, name, index, problems[0]) if problems else None
        if target is not None:
            yield target


def _problems(entry: Entry, index: int, which: str) -> Iterator[str]:
    try:
        entry.run(index)
        entry.weights(index, which)
    except CorruptEntryError as problem:
        yield str(problem)
    except (CacheError, DiskError):  # e.g. not every run has both kinds of weights
        return
