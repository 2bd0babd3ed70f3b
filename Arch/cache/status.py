"""How far an experiment has come, read from its folder and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from Arch.cache import layout
from Arch.cache.asked import Asked
from Arch.cache.failure import Failure, latest
from Arch.errors import CacheError, ChangedDefaultError, CorruptEntryError

if TYPE_CHECKING:
    from Arch.cache.entry import Entry


class State(StrEnum):
    """How far an experiment has come."""

    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    MISSING = "missing"
    CORRUPT = "corrupt"
    CHANGED = "changed default"


@dataclass(frozen=True)
class Status:
    """How far an experiment has come.

    Attributes:
        state: in a word.
        runs: the indices of the runs that there are.
        wanted: how many runs were asked for: those from 0 to `wanted - 1`.
        failure: the last attempt at a run that is missing, if it failed.
        problem: what is wrong with the entry, if it is corrupt or made under another default.
    """

    state: State
    runs: tuple[int, ...]
    wanted: int
    failure: Failure | None = None
    problem: CacheError | None = None

    @property
    def missing(self) -> tuple[int, ...]:
        """The indices of the runs still to be made."""
        return tuple(index for index in range(self.wanted) if index not in self.runs)

    def __str__(self) -> str:
        """In words, as a table shows it."""
        count = f"{self.wanted - len(self.missing)} of {self.wanted}"
        match self.state:
            case State.PARTIAL:
                return f"partial ({count})"
            case State.FAILED if self.failure is not None:
                return f"failed ({count}; {self.failure.error})"
        return self.state.value


def status_of(entry: Entry, wanted: int, asked: Asked | None = None) -> Status:
    """How far an entry is from having its first `wanted` runs; if it is `asked` for, it is checked, too.

    Raises:
        CacheAccessError: the entry cannot be read; whatever else is wrong is in the status.
    """
    if not entry.exists:
        return Status(State.MISSING, (), wanted)
    try:
        if asked is not None:
            entry.check(asked)
        runs = entry.run_indices()
    except ChangedDefaultError as problem:
        return Status(State.CHANGED, (), wanted, problem=problem)
    except CorruptEntryError as problem:
        return Status(State.CORRUPT, (), wanted, problem=problem)
    return _status(entry, wanted, runs)


def _status(entry: Entry, wanted: int, runs: tuple[int, ...]) -> Status:
    missing = set(range(wanted)).difference(runs)
    if not missing:
        return Status(State.DONE, runs, wanted)
    failure = latest(layout.work(entry.path), missing.__contains__)
    if failure is not None:
        return Status(State.FAILED, runs, wanted, failure)
    return Status(State.PARTIAL if len(missing) < wanted else State.MISSING, runs, wanted)
