"""Plans which cached experiments get another fingerprint under the current rules, in an order without conflicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from Arch import files
from Arch.cache import layout
from Arch.cache.entry import Entry
from Arch.cache.making.workers import workers
from Arch.config.resolve import Resolver
from Arch.errors import CacheError, ConfigError, DiskError
from Arch.planning.selection import Document, names_in
from Arch.planning.workspace import Workspace
from Arch.upkeep.rehash.migration import Move
from Arch.upkeep.rehash.renaming import Named, Namer

Obstacle = Literal["undecided", "waiting", "conflict", "in use", "linked", "unreadable"]


@dataclass(frozen=True)
class Renaming:
    """An experiment that gets another fingerprint.

    Attributes:
        move: the old and new fingerprint, with its Config.json before and after.
        title: the experiment in a few words.
        reasons: the reasons, each a clause.
    """

    move: Move
    title: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Staying:
    """An experiment that should have another fingerprint but keeps its own.

    Attributes:
        fingerprint: its present fingerprint.
        title: the experiment in a few words.
        obstacle: the kind of reason.
        why: the reason as a sentence.
    """

    fingerprint: str
    title: str
    obstacle: Obstacle
    why: str


@dataclass(frozen=True)
class RehashPlan:
    """The plan of a migration.

    Attributes:
        renamings: in an order in which every new fingerprint is free when it is given, teachers before their students.
        staying: the experiments that cannot be renamed, with the reasons.
        unchanged: the number of experiments that have the right fingerprint already.
    """

    renamings: tuple[Renaming, ...]
    staying: tuple[Staying, ...]
    unchanged: int


def plan_rehash(workspace: Workspace, names: Collection[str] | None = None, *, is_pinning: bool = False) -> RehashPlan:
    """Plans the migration of cached experiments to their fingerprints under the current rules.

    Args:
        workspace: the cache and the rules.
        names: the experiments to rename; those made from a renamed one are renamed, too. By default all.
        is_pinning: whether the values of changed defaults are kept, by stating them in the configs.

    Raises:
        DiskError: the cache cannot be read.
    """
    planner = _Planner(workspace, names, is_pinning=is_pinning)
    while planner.find_obstacles():
        pass
    return planner.plan()


class _Planner:
    """Names all experiments repeatedly, without those that cannot be renamed, until all others can."""

    def __init__(self, workspace: Workspace, selected: Collection[str] | None, *, is_pinning: bool) -> None:
        self._root = workspace.store.root
        self._selected, self._is_pinning = selected, is_pinning
        self._namer = Namer(Resolver(workspace.resolver.rules))
        self._folders = frozenset(names_in(self._root))
        self._documents: dict[str, Document] = {}
        self._staying: dict[str, Staying] = {}
        self._named: dict[str, Named] = {}
        self._cache: dict[tuple[str, ...], Named] = {}
        for name in sorted(self._folders):
            self._read(name)
        self._order = self._teachers_first()

    def find_obstacles(self) -> bool:
        """Names every experiment and records those that cannot be renamed; returns whether there are new ones."""
        before = len(self._staying)
        self._name_all()
        for check in (self._find_waiting, self._find_clashes, self._find_links, self._find_workers, self._find_circles):
            if len(self._staying) == before:
                check()
        return len(self._staying) > before

    def plan(self) -> RehashPlan:
        movers = self._movers
        renamings = tuple(self._renaming(name, movers) for name in self._sorted())
        unchanged = sum(name not in self._staying for name in self._documents) - len(renamings)
        return RehashPlan(renamings, tuple(self._staying.values()), unchanged)

    def _read(self, name: str) -> None:
        entry = Entry(self._root / name)
        try:
            if entry.exists:
                document = entry.document()
                self._documents[name] = document
        except (CacheError, DiskError) as problem:
            self._stay(name, "unreadable", str(problem))

    def _teachers_first(self) -> Sequence[str]:
        graph = {name: self._teachers(name) for name in self._documents}
        while True:
            try:
                return tuple(TopologicalSorter(graph).static_order())
            except CycleError as problem:  # only the references of damaged entries form a cycle
                for name in set(problem.args[1]):
                    self._stay(name, "unreadable", "its references form a cycle")
                    graph[name] = []

    def _teachers(self, name: str) -> Sequence[str]:
        """Returns the cached experiments that one was made from."""
        others = [str(other["Fingerprint"]) for other in self._documents[name]["References"].values()]
        return [other for other in dict.fromkeys(others) if other in self._documents]

    def _name_all(self) -> None:
        renamed: dict[str, str] = {}
        known: dict[str, Document] = {}
        for name in self._order:
            named = self._named[name] = self._name(name, renamed, known)
            known[named.fingerprint] = named.document
            if named.fingerprint != name:
                renamed[name] = named.fingerprint

    def _name(self, name: str, renamed: Mapping[str, str], known: Mapping[str, Document]) -> Named:
        document = self._documents[name]
        same = Named(name, document, (), ())
        teachers = {old: renamed.get(old, old) for old in self._teachers(name)}
        is_selected = self._selected is None or name in self._selected
        if name in self._staying or not (is_selected or any(old != new for old, new in teachers.items())):
            return same
        key = (name, *teachers.values())
        try:
            named = self._cache[key] = self._cache.get(key) or self._namer.named(name, document, teachers, known)
        except (CacheError, ConfigError) as problem:
            self._stay(name, "unreadable", f"the current rules cannot read it: {problem}")
            return same
        if named.pinned and not (self._is_pinning and is_selected):
            self._stay(name, "undecided", "; ".join(named.pinned))
            return same
        return named

    def _find_waiting(self) -> None:
        """Keeps the teachers of experiments that are not renamed: otherwise the references to them would break."""
        movers = self._movers.keys()
        for name in [each for each in self._staying if each in self._documents]:
            for teacher in movers & set(self._teachers(name)):
                self._stay(teacher, "waiting", f"{name[:12]} was made from it and cannot be renamed with it")

    def _find_clashes(self) -> None:
        movers, claimants = self._movers, defaultdict[str, list[str]](list)
        for name, new in movers.items():
            claimants[new].append(name)
        for new, names in claimants.items():
            holds = new in self._folders and new not in movers
            for name in names if holds or len(names) > 1 else ():
                others = [other[:12] for other in names if other != name] + [new[:12]] * holds
                self._stay(name, "conflict", f"{' and '.join(others)} would have the same fingerprint, {new}")

    def _find_links(self) -> None:
        for name in self._movers:
            path = self._root / name
            if files.is_link(path):
                self._stay(
                    name, "linked", f"it is a link to {files.target_of(path)}, and no folder elsewhere is renamed"
                )

    def _find_workers(self) -> None:
        for name in self._movers:
            busy = workers(self._root / name)
            if busy:
                self._stay(name, "in use", busy[0])

    def _find_circles(self) -> None:
        try:
            self._sorted()
        except CycleError as problem:
            for name in set(problem.args[1]):
                self._stay(name, "conflict", "several experiments would exchange their fingerprints in a cycle")

    def _sorted(self) -> Sequence[str]:
        """Sorts the experiments to rename: teachers before students, owners of a fingerprint before its next owners."""
        movers = self._movers
        graph = {name: movers.keys() & {*self._teachers(name), new} for name, new in movers.items()}
        return tuple(TopologicalSorter(graph).static_order())

    @property
    def _movers(self) -> Mapping[str, str]:
        return {name: named.fingerprint for name, named in self._named.items() if named.fingerprint != name}

    def _renaming(self, name: str, movers: Mapping[str, str]) -> Renaming:
        named = self._named[name]
        before = files.read_bytes(self._root / name / layout.CONFIG, files.MOST_OF_RUNS).decode(
            "utf-8", "surrogatepass"
        )
        needs = tuple(each for each in self._teachers(name) if each in movers)
        move = Move(name, named.fingerprint, before, files.json_text(named.document), needs)
        return Renaming(move, str(named.document.get("Title", "")), named.reasons)

    def _stay(self, name: str, obstacle: Obstacle, why: str) -> None:
        title = str(self._documents.get(name, {}).get("Title", ""))
        self._staying.setdefault(name, Staying(name, title, obstacle, why))
