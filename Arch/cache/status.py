"""The status of an experiment, derived from its folder and stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from Arch.cache import agreement, summary
from Arch.cache.attempts.attempt import Attempt, State, attempt_at
from Arch.cache.attempts.failure import Failure
from Arch.cache.folder import EntryFolder
from Arch.cache.request import Request
from Arch.errors import ArchError, CacheError, ChangedDefaultError, CorruptEntryError, DiskError
from Arch.types import unlike_networks

_MOST_URGENT_FIRST = (State.RUNNING, State.FAILED, State.CRASHED, State.STOPPED)


@dataclass(frozen=True)
class Status:
    """The finished runs of an experiment, and the state of the requested runs that are not finished.

    Attributes:
        state: the state of the experiment as a whole.
        runs: the indices of the finished runs.
        wanted: how many runs were requested: those from 0 to `wanted - 1`.
        attempts: the latest attempt at each missing run that was attempted.
        problem: the error, if the entry is damaged, unreadable, made under other defaults or lacks a foreign network's
            weights.
        outdated: the components whose version has changed since a run was made, with the version at that time.
        unlike: in which respects the networks that the runs were made from differ.
    """

    state: State
    runs: tuple[int, ...]
    wanted: int
    attempts: tuple[Attempt, ...] = ()
    problem: ArchError | None = None
    outdated: Mapping[str, int | str] = field(default_factory=dict)
    unlike: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[int, ...]:
        """The indices of the requested runs that are not finished."""
        return tuple(sorted({*range(self.wanted)}.difference(self.runs)))

    @property
    def done(self) -> int:
        """The number of the requested runs that are finished; counts no missing ones, of which there may be many."""
        return _done(self.runs, self.wanted)

    @property
    def is_done(self) -> bool:
        """Whether all requested runs are finished."""
        return self.state in (State.DONE, State.STALE)

    @property
    def failure(self) -> Failure | None:
        """The latest failure among the missing runs, or None if none of them failed."""
        failures = [attempt.failure for attempt in self.attempts if attempt.failure]
        return max(failures, key=lambda failure: failure.time, default=None)

    def __str__(self) -> str:
        """Returns the text that tables show."""
        count = f"{self.done} of {self.wanted}"
        match self.state:
            case State.PARTIAL:
                return f"partial ({count})"
            case State.FAILED | State.CRASHED if self.failure is not None:
                return f"{self.state} ({count}; {self.failure.error})"
            case State.RUNNING | State.STOPPED | State.FAILED | State.CRASHED:
                return f"{self.state} ({count})"
        return self.state.value


def status_of(
    entry: EntryFolder, wanted: int, request: Request | None = None, document: Mapping[str, Any] | None = None
) -> Status:
    """Returns the status of an entry for its first `wanted` runs; with a request, the entry is checked against it.

    A damaged, changed or unreadable entry is reported in the status, so that it does not hide the others.

    Args:
        entry: the experiment's folder.
        wanted: how many runs were requested.
        request: the config that the entry has to agree with.
        document: its `Config.json`, if the caller has just read it.

    Raises:
        CacheError: any other error of an entry that exists.
    """
    try:
        if request is None:
            if not entry.exists:
                entry.document()  # raises, and says whether it is missing or damaged
            return _status(entry, wanted, entry.run_indices())
        agreement.check(entry.path, entry.document() if document is None else document, request)
        return _checked(entry, wanted, request)
    except ChangedDefaultError as problem:
        return Status(State.CHANGED, (), wanted, problem=problem)
    except (CorruptEntryError, DiskError) as problem:
        return Status(State.CORRUPT, (), wanted, problem=problem)
    except CacheError:
        if entry.exists:
            raise
        return Status(State.MISSING, (), wanted)  # it was never created, or moved away since it was listed


def _checked(entry: EntryFolder, wanted: int, request: Request) -> Status:
    runs, origins = summary.recorded_runs(entry)
    status = _status(entry, wanted, runs)
    if origins is None:
        origins = [entry.run(index).provenance for index in runs]
    unlike, outdated = tuple(unlike_networks(origins)), summary.outdated(origins, request.versions)
    if not (unlike or outdated):
        return status
    state = State.STALE if outdated and status.is_done else status.state
    return replace(status, state=state, outdated=outdated, unlike=unlike)


def _status(entry: EntryFolder, wanted: int, runs: tuple[int, ...]) -> Status:
    done = _done(runs, wanted)
    if done == wanted:
        return Status(State.DONE, runs, wanted)
    missing = [index for index in entry.attempted_runs() if index < wanted and index not in runs]
    attempts = tuple(attempt_at(entry.work(index)) for index in missing)
    present = State.PARTIAL if done else State.MISSING
    worst = [state for state in _MOST_URGENT_FIRST if any(attempt.state is state for attempt in attempts)]
    return Status(worst[0] if worst else present, runs, wanted, attempts)


def _done(runs: tuple[int, ...], wanted: int) -> int:
    return sum(index < wanted for index in runs)
