"""Moves experiments and runs from the cache to the trash and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from Arch import files
from Arch.cache import summary
from Arch.cache.entry import Entry
from Arch.cache.making.workers import workers
from Arch.cache.runs import finished
from Arch.errors import CacheError, DiskError
from Arch.upkeep.trash import targets, trash
from Arch.upkeep.trash.targets import Target
from Arch.upkeep.trash.trash import Item
from Arch.upkeep.verify import Fault, Verification, verify


@dataclass(frozen=True)
class Removal:
    """The result of removing a target.

    Attributes:
        target: the target.
        items: its items in the trash; empty if it was not moved or had been removed before.
        refusal: why not all of it was moved.
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


def damaged(root: Path, names: Sequence[str], check: Callable[[Entry], Verification] = verify) -> list[Target]:
    """Returns what `verify` finds damaged in these experiments.

    That is each damaged run, or the whole experiment where its config is missing or damaged; where they stay, what is
    none of the cache's files, and a summary that is not of the runs.

    Args:
        root: the cache.
        names: folders of experiments.
        check: verifies one experiment; it reads every byte.

    Raises:
        DiskError: an experiment cannot be listed.
    """
    return [target for name in names for target in _damaged(root, name, check(Entry(root / name)).faults)]


def move_to_trash(root: Path, target: Target) -> Removal:
    """Moves a target to the trash, unless a living process uses it."""
    folder = root / target.fingerprint
    try:
        busy = () if target.kind == "leftover" else workers(folder, target.run)
        if busy:
            return Removal(replace(target, workers=busy), (), f"{busy[0]}; stop it first, or wait for it")
        for place in target.places:
            trash.require_own(root, place)
    except (CacheError, DiskError) as problem:
        return Removal(target, (), str(problem))
    moved: list[Item] = []
    refusal = ""
    try:
        if target.kind == "run" and target.run is not None:
            summary.withdraw(Entry(folder), target.run)
            Entry(folder).work(target.run).clear()  # else what is left there would look like a crashed attempt
        for place in target.places:
            item = trash.move(root, place)
            moved += [item] if item else []
    except (CacheError, DiskError) as problem:
        refusal = str(problem)
    if target.kind == "run":
        summary.renew(Entry(folder))  # also of a run that stays
    return Removal(target, tuple(moved), refusal)


def put_back(root: Path, item: Item) -> None:
    """Moves an item of the trash back to its place.

    Raises:
        CacheError: its place is taken or lies behind a link, or its experiment does not exist.
        DiskError: it cannot be moved.
    """
    trash.require_own(root, item.place)
    entry = Entry(root / item.fingerprint)
    if not item.is_experiment and not files.exists(entry.path):
        raise CacheError(f"{item.place} belongs to an experiment that is not in the cache: put that back first.")
    if item.run is not None:
        summary.withdraw(entry, item.run)
    trash.put_back(root, item)
    if item.run is not None:
        summary.renew(entry)


def _damaged(root: Path, name: str, faults: Sequence[Fault]) -> Iterator[Target]:
    runs = {fault.run: fault.message for fault in reversed(faults) if fault.kind == "damage"}
    if None in runs:
        yield targets.experiment(root, name, runs[None])
        return
    for index in sorted(index for index in runs if index is not None):
        target = targets.run(root, name, index, runs[index])
        if target is not None:
            yield target
    for fault in faults:
        is_derived_again = fault.kind == "summary" and runs  # when one of the runs is removed
        if fault.kind != "damage" and fault.run not in runs and not is_derived_again:
            yield targets.leftover(root, name, fault.path.removeprefix(f"{root}/"), fault.message)
