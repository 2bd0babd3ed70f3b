"""What a sweep shows of itself while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from Arch.cache.attempts.failure import Failure
from Arch.cache.attempts.work import Work
from Arch.planning.task import Task

__all__ = ["Outcome", "Running", "SilentSweepWatcher", "Slot", "SweepProgress", "SweepWatcher", "Task"]


@dataclass(frozen=True)
class Slot:
    """A place where one run at a time is made.

    Attributes:
        name: for people: `gpu 0`, `gpu 0 b`, `cpu a`.
        device: what the worker computes on, as `--device` takes it: `cuda` (the one it sees) or `cpu`.
        environment: what is added to the worker's environment, such as `CUDA_VISIBLE_DEVICES`.
        threads: of the worker; None leaves it to torch.
    """

    name: str
    device: str
    environment: Mapping[str, str]
    threads: int | None


class Outcome(StrEnum):
    """What became of a task in this sweep.

    DONE: made here. ELSEWHERE: made by another process meanwhile. FAILED: now, or by an earlier sweep and not repeated.
    CRASHED: its worker vanished, and the next sweep makes it again. STOPPED: left on request, checkpointed. BLOCKED:
    something that it needs is not there. REFUSED: it cannot run at all.
    """

    DONE = "done"
    ELSEWHERE = "elsewhere"
    FAILED = "failed"
    CRASHED = "crashed"
    STOPPED = "stopped"
    BLOCKED = "blocked"
    REFUSED = "refused"

    @property
    def is_there(self) -> bool:
        """Whether the run is in the cache."""
        return self in (Outcome.DONE, Outcome.ELSEWHERE)


@dataclass(frozen=True)
class Running:
    """A task that a worker of this sweep is making.

    Attributes:
        task: what is made.
        slot: where.
        work: where its progress, its log and its checkpoints are.
        attempt: the attempt's number, from 1.
        since: when it was started, on this process's monotonic clock.
    """

    task: Task
    slot: Slot
    work: Work
    attempt: int
    since: float


@dataclass(frozen=True)
class SweepProgress:
    """How a sweep stands: each of `total` tasks is running, or in one of the counts.

    Attributes:
        running: what is being made here.
        done: made here.
        failed: failed, crashed, blocked and refused ones.
        waiting: not begun, or being made elsewhere.
        elsewhere: made by other processes since the plan was made.
        total: the runs that were missing when the plan was made.
        seconds: since the sweep began.
    """

    running: tuple[Running, ...]
    done: int
    failed: int
    waiting: int
    elsewhere: int
    total: int
    seconds: float


class SweepWatcher(Protocol):
    """Who wants to hear of a sweep as it goes on; every call is cheap and may be ignored."""

    def started(self, running: Running) -> None:
        """A worker was started."""

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """A task has its outcome: one that ran here, or one that was not begun.

        Whatever kept it from being made is in `failure`; a blocked or refused one has the reason as its message. A
        task that is tried again (`--retry`) ends several times.
        """

    def tick(self, progress: SweepProgress) -> None:
        """How it stands, about twice a second, at the beginning and at the end."""


class SilentSweepWatcher:
    """A watcher that ignores everything."""

    def started(self, running: Running) -> None:
        """Ignores it."""

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """Ignores it."""

    def tick(self, progress: SweepProgress) -> None:
        """Ignores it."""
