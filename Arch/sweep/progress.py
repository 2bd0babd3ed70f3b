"""The progress of a sweep, and the interface of its watchers."""

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
    """A place where one worker at a time runs.

    Attributes:
        name: the name in messages: `gpu 0`, `gpu 0 b`, `cpu 1`.
        device: the worker's `--device`: `cuda` (the one visible to it), `cpu` or `auto`.
        environment: variables that are added to the worker's environment, such as `CUDA_VISIBLE_DEVICES`.
        threads: the worker's number of threads; None leaves it to torch.
    """

    name: str
    device: str
    environment: Mapping[str, str]
    threads: int | None


class Outcome(StrEnum):
    """The outcome of a task in this sweep.

    DONE: made by this sweep. ELSEWHERE: made by another process in the meantime. FAILED: in this sweep, or in an
    earlier one and not retried. CRASHED: its worker died, and the next sweep retries it. STOPPED: stopped on request
    after a checkpoint. BLOCKED: a run that it needs is missing. REFUSED: it cannot run at all.
    """

    DONE = "done"
    ELSEWHERE = "elsewhere"
    FAILED = "failed"
    CRASHED = "crashed"
    STOPPED = "stopped"
    BLOCKED = "blocked"
    REFUSED = "refused"

    @property
    def run_exists(self) -> bool:
        """Whether the run exists in the cache."""
        return self in (Outcome.DONE, Outcome.ELSEWHERE)


@dataclass(frozen=True)
class Running:
    """A task that a worker of this sweep is running.

    Attributes:
        task: the task.
        slot: the worker's slot.
        work: the folder with its progress, log and checkpoints.
        attempt: the attempt's number, from 1.
        since: the time of its start on this process's monotonic clock, in seconds.
    """

    task: Task
    slot: Slot
    work: Work
    attempt: int
    since: float


@dataclass(frozen=True)
class SweepProgress:
    """The state of a sweep: each of `total` tasks is running, or in one of the counts.

    Attributes:
        running: the tasks that workers of this sweep are running.
        done: number of runs made by this sweep.
        failed: number of failed, crashed, blocked and refused tasks.
        waiting: number of tasks that are not started, or that another process is running.
        elsewhere: number of runs made by other processes since the plan was made.
        total: number of runs that were missing when the plan was made.
        seconds: time since the sweep started.
        blocked: how many of the failed ones were not tried, because a run that they need is missing.
        is_stopping: whether the sweep waits for its workers and starts no more.
        seconds_left: the estimated time until all runs are made, or None if it is unknown.
    """

    running: tuple[Running, ...]
    done: int
    failed: int
    waiting: int
    elsewhere: int
    total: int
    seconds: float
    blocked: int = 0
    is_stopping: bool = False
    seconds_left: float | None = None


class SweepWatcher(Protocol):
    """Observes a sweep; every method has to return quickly."""

    def started(self, running: Running) -> None:
        """Called after a worker was started."""

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """Called when a task has its outcome: one that ran (`Running`), or one that was not started.

        For a blocked or refused task, the message of `failure` is the reason. A task that is retried (`--retry`) ends
        several times.
        """

    def tick(self, progress: SweepProgress) -> None:
        """Called with the progress about twice a second, at the start and at the end."""


class SilentSweepWatcher:
    """A watcher that ignores everything."""

    def started(self, running: Running) -> None:
        """Ignores it."""

    def ended(self, what: Running | Task, outcome: Outcome, failure: Failure | None) -> None:
        """Ignores it."""

    def tick(self, progress: SweepProgress) -> None:
        """Ignores it."""
