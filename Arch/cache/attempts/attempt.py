"""How the latest attempt at a run stands, read from what it left and stored nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from Arch.cache.attempts.failure import Failure
from Arch.cache.attempts.work import Work
from Arch.cache.claims.claim import Claim

MOST_CRASHES = 3


class State(StrEnum):
    """How far an experiment, or a run, has come."""

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
    """How the latest attempt at a run that is missing stands.

    Attributes:
        run: the run's index.
        state: RUNNING, STOPPED (checkpointed and left on request), FAILED, CRASHED (its holder vanished without a
            word, or by a signal) or MISSING. A run that crashed `MOST_CRASHES` times without getting further FAILED.
        claim: the latest one, if there was any.
        failure: what the latest attempt left, if it left one.
        crashes: attempts in a row that crashed without getting further.
    """

    run: int
    state: State
    claim: Claim | None
    failure: Failure | None
    crashes: int

    @property
    def number(self) -> int:
        """Which attempt it is, from 1; 0 where nobody counted."""
        return self.claim.generation if self.claim else self.failure.attempt if self.failure else 0


def attempt_at(work: Work) -> Attempt:
    """How the latest attempt at a missing run stands; raises DiskError."""
    claim = next(work.claims_backwards(), None)
    if claim is not None and claim.seems_held():
        return Attempt(work.index, State.RUNNING, claim, None, 0)
    failure = work.failure()
    if failure is not None and claim is not None and not _tells_of(failure, claim):
        failure = None
    state = _state(claim, failure)
    crashes = _crashes(work) if state is State.CRASHED else 0
    if crashes >= MOST_CRASHES:
        state = State.FAILED
    return Attempt(work.index, state, claim, failure, crashes)


def _tells_of(failure: Failure, claim: Claim) -> bool:
    # A torn record does not tell which attempt it was.
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
