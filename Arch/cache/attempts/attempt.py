"""The state of the latest attempt at a run, derived from its claims and failure record and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from Arch.cache.attempts.failure import Failure
from Arch.cache.attempts.work import Work
from Arch.cache.claims.claim import Claim

MOST_CRASHES = 3


class State(StrEnum):
    """The state of an experiment or of a run."""

    DONE = "done"
    STALE = "stale"
    PARTIAL = "partial"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    CRASHED = "crashed"
    MISSING = "missing"
    CORRUPT = "corrupt"
    CHANGED = "changed default"


@dataclass(frozen=True)
class Attempt:
    """The latest attempt at a run that is not finished.

    Attributes:
        run: the run's index.
        state: RUNNING, STOPPED (checkpointed and left on request), FAILED, CRASHED (its process ended without
            recording why, or by a signal, or the disk refused) or MISSING. After `MOST_CRASHES` crashes without
            progress it is FAILED.
        claim: the latest claim, if there is one.
        failure: the failure that the latest attempt recorded, if any.
        crashes: how many attempts in a row crashed without progress.
    """

    run: int
    state: State
    claim: Claim | None
    failure: Failure | None
    crashes: int

    @property
    def number(self) -> int:
        """The attempt's number, from 1; 0 if unknown."""
        return self.claim.generation if self.claim else self.failure.attempt if self.failure else 0


def attempt_at(work: Work) -> Attempt:
    """Returns the latest attempt at a run that is not finished; raises DiskError."""
    claim = next(work.claims_backwards(), None)
    if claim is not None and claim.seems_held():
        return Attempt(work.index, State.RUNNING, claim, None, 0)
    failure = work.failure()
    if failure is not None and claim is not None and not _belongs_to(failure, claim):
        failure = None
    state = _state(claim, failure)
    crashes = _crashes(work) if state is State.CRASHED else 0
    if crashes >= MOST_CRASHES:
        state = State.FAILED
    return Attempt(work.index, state, claim, failure, crashes)


def _belongs_to(failure: Failure, claim: Claim) -> bool:
    # A damaged record does not state its attempt's number.
    return failure.attempt >= claim.generation or (failure.attempt == 0 and claim.end == "failed")


def _state(claim: Claim | None, failure: Failure | None) -> State:
    if failure is not None:
        return State.CRASHED if failure.kind == "crash" else State.FAILED
    if claim is None:
        return State.MISSING
    return {"stopped": State.STOPPED, "failed": State.FAILED}.get(claim.end, State.CRASHED)


def _crashes(work: Work) -> int:
    step, count = work.checkpoints.step(), 0
    for claim in work.claims_backwards():
        if claim.end not in ("", "crashed") or claim.step != step:
            break
        count += 1
        if claim.is_forced:
            break
    return count
