"""Taking things out of the cache and putting them back."""

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
class Outcome:
    """What became of a target.

    Attributes:
        target: what was to go.
        items: where it is now; empty where it stayed or had gone before.
        refusal: why it stayed.
    """

    target: Target
    items: tuple[Item, ...]
    refusal: str = ""


def removable(root: Path, names: Sequence[str], runs: Collection[int] = ()) -> list[Target]:
    """The experiments of these names, or of each only these runs.

    Raises:
        CacheError: one of the runs is in none of the experiments; DiskError: one cannot be looked at.
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
    """What of these experiments cannot be used: single runs, or the whole where its config is gone or spoilt.

    Only what a look shows; `verify` reads every byte. Raises DiskError.
    """
    return [target for name in names for target in _damaged(root, name)]


def take_away(root: Path, target: Target) -> Outcome:
    """Moves a target to the trash, unless a living process works on it."""
    folder = root / target.fingerprint
    try:
        busy = () if target.kind == "leftover" else workers(folder, target.run)
        if busy:
            return Outcome(replace(target, workers=busy), (), f"{busy[0]}; stop it first, or wait for it")
        if target.kind == "run" and target.run is not None:
            summary.withdraw(Entry(folder), target.run)
            Entry(folder).work(target.run).clear()  # else it would look as if an attempt had crashed, and go on from it
        moved = [trash.move(root, place) for place in target.places]
    except (CacheError, DiskError) as problem:
        return Outcome(target, (), str(problem))
    if target.kind == "run":
        summary.renew(Entry(folder))
    return Outcome(target, tuple(item for item in moved if item))


def put_back(root: Path, item: Item) -> None:
    """Moves something back from the trash to where it was.

    Raises:
        CacheError: its place is taken, or its experiment is not there; DiskError: it cannot be moved.
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
    except (CacheError, DiskError):  # not every run has weights of both kinds
        return
