"""A sweep: takes leases, starts workers, judges how they end, until nothing of the plan is left to be made here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from Arch.cache.making.lease import Lease
from Arch.errors import DiskError, RunHeldError
from Arch.planning.task import Task
from Arch.planning.workspace import Workspace
from Arch.sweep.attempts import Attempts
from Arch.sweep.executors.executor import Ending, Executor
from Arch.sweep.outcome import Report, TaskOutcome, blocked, refused
from Arch.sweep.progress import Outcome, Running, SilentSweepWatcher, Slot, SweepProgress, SweepWatcher
from Arch.sweep.queue import RunQueue

PAUSE = 0.1  # seconds between two looks around while nothing ends
TICK = 0.5
_AT_ONCE = 100  # tasks that are looked at before the workers are, so that signals and endings never wait long
_MOST_REFUSALS = 3  # of the cache in a row, after which it is the disk and not an entry that is at fault


@dataclass(frozen=True)
class SweepOptions:
    """How a sweep goes about it.

    Attributes:
        retries: attempts more that it gives a run that failed; never one whose memory ran out.
        timeout: seconds that an attempt may take.
        grace: seconds that a worker has for its checkpoint before it is killed, when its time is over.
        is_fail_fast: whether the first failure stops everything.
        is_forced: whether what failed before is tried again.
    """

    retries: int = 0
    timeout: float | None = None
    grace: float = 60.0
    is_fail_fast: bool = False
    is_forced: bool = False


@dataclass
class _ActiveRun:
    """A run in active."""

    running: Running
    lease: Lease
    deadline: float | None
    is_late: bool = False
    is_asked: bool = False


@dataclass
class Sweep:
    """Carries out tasks on an executor. `stop`, `kill` and `checkpoint` may be called from signal handlers.

    Attributes:
        tasks: in an order in which each comes after those it needs.
        workspace: where the runs are kept.
        executor: starts, watches and stops the workers; the caller closes it.
        sweep_options: how to go about it.
        watcher: hears of it.
    """

    tasks: Sequence[Task]
    workspace: Workspace
    executor: Executor
    sweep_options: SweepOptions = field(default_factory=SweepOptions)
    watcher: SweepWatcher = field(default_factory=SilentSweepWatcher)

    def __post_init__(self) -> None:
        self._agenda = RunQueue(self.tasks)
        self._attempts = Attempts(self.workspace)
        self._active: dict[str, _ActiveRun] = {}
        self._free = list(reversed(self.executor.slots))
        self._verdicts: dict[Task, TaskOutcome] = {}
        self._counts = dict.fromkeys(Outcome, 0)
        self._tries: dict[Task, int] = {}
        self._refusals = 0
        self._end: Literal["", "stop", "kill"] = ""
        self._is_checkpoint_asked = False
        self._begin = self._last_tick = time.monotonic()

    def stop(self) -> None:
        """Asks for checkpoints and the end."""
        self._end = self._end or "stop"

    def kill(self) -> None:
        """Asks for the end at once."""
        self._end = "kill"

    def checkpoint(self) -> None:
        """Asks for checkpoints."""
        self._is_checkpoint_asked = True

    def run(self) -> Report:
        """Makes what there is to be made.

        Raises:
            DiskError: the cache cannot be written at all.
            TrainingError: no worker can be started.
        """
        if self.sweep_options.is_forced:
            for task in self.tasks:
                if task.attempt is not None:
                    self._attempts.reset_failures(task, task.attempt.number)
        self._tick()
        try:
            while self._active or not (self._agenda.is_over or self._end):
                self._ask()
                is_more = self._fill()
                self._collect(0.0 if is_more else PAUSE)
                if time.monotonic() - self._last_tick >= TICK:
                    self._tick()
        finally:
            self._leave_nobody()
        self._tick()
        left = tuple(task for task in self._agenda.left if task not in self._verdicts)
        return Report(self._attempts.settled(self._verdicts), left)

    def _ask(self) -> None:
        """Passes on what is asked of the workers, by people or by the clock."""
        now = time.monotonic()
        for name, active in self._active.items():
            if active.deadline is not None and now > active.deadline and not active.is_asked:
                active.is_late = True
                self._ask_to_stop(name, active)
            is_overdue = active.deadline is not None and now > active.deadline + self.sweep_options.grace
            if self._end == "kill" or is_overdue:
                self.executor.kill(name)
            if self._end:
                self._ask_to_stop(name, active)
            elif self._is_checkpoint_asked:
                self.executor.ask(name, "checkpoint")
        self._is_checkpoint_asked = False

    def _ask_to_stop(self, name: str, active: _ActiveRun) -> None:
        if not active.is_asked:
            active.is_asked = True
            self.executor.ask(name, "stop")

    def _fill(self) -> bool:
        """Starts workers in the free slots; says whether there may be more to do at once."""
        for _ in range(_AT_ONCE):
            task = self._agenda.next(time.monotonic()) if self._free and not self._end else None
            if task is None:
                return False
            self._try(task)
        return True

    def _try(self, task: Task) -> None:
        slot = self._free[-1]
        try:
            found = self._attempts.begin(task, slot, is_forced=self.sweep_options.is_forced and task not in self._tries)
            if isinstance(found, Lease):
                self._start(task, slot, found)
            else:
                self._settle(task, found)
            self._refusals = 0
        except RunHeldError:
            self._agenda.hold(task, time.monotonic())
        except DiskError as error:
            self._refusals += 1
            if self._refusals == _MOST_REFUSALS:
                raise
            self._settle(task, refused(task, error))

    def _start(self, task: Task, slot: Slot, lease: Lease) -> None:
        work = lease.entry.work(lease.index)
        try:
            name = self.executor.start(self._attempts.order(task, slot, lease), slot, work.log)
        except BaseException:
            lease.end("stopped")
            raise
        self._free.remove(slot)
        now = time.monotonic()
        running = Running(task, slot, work, lease.generation, now)
        self._active[name] = _ActiveRun(running, lease, self.sweep_options.timeout and now + self.sweep_options.timeout)
        self.watcher.started(running)

    def _collect(self, seconds: float) -> None:
        """Waits a little for workers to end, and judges those that did."""
        for ending in self.executor.ended(seconds):
            active = self._active.pop(ending.worker)
            self._free.append(active.running.slot)
            self._judge(active, ending)

    def _judge(self, active: _ActiveRun, ending: Ending) -> None:
        running, task = active.running, active.running.task
        timeout = self.sweep_options.timeout if active.is_late else None
        tries = self._tries.get(task, 0) + 1
        try:
            outcome = self._attempts.judge(active.lease, ending, is_asked=active.is_asked, timeout=timeout)
            is_left = tries <= self.sweep_options.retries and not self._end
            is_retried = is_left and self._attempts.may_retry(task, outcome.failure)
        except RunHeldError:
            self._agenda.hold(task, time.monotonic())
            return
        except DiskError as error:  # nobody can tell on a disk that does not answer
            outcome, is_retried = refused(task, error), False
        self._tries[task] = tries
        if is_retried:
            self._attempts.reset_failures(task, running.attempt)
            self._agenda.again(task, tries)
            self.watcher.ended(running, outcome.outcome, outcome.failure)
        else:
            self._settle(task, outcome, running)

    def _settle(self, task: Task, outcome: TaskOutcome, running: Running | None = None) -> None:
        self._tell(task, outcome, running)
        if self.sweep_options.is_fail_fast and outcome.outcome in (Outcome.FAILED, Outcome.CRASHED, Outcome.REFUSED):
            self.stop()
        if outcome.outcome is Outcome.STOPPED and self._end:
            return  # what needs it is left, not blocked
        for dependent, cause in self._agenda.settle(task, is_there=outcome.outcome.is_there):
            self._tell(dependent, blocked(dependent, cause, self._verdicts[cause].outcome))

    def _tell(self, task: Task, outcome: TaskOutcome, running: Running | None = None) -> None:
        self._verdicts[task] = outcome
        self._counts[outcome.outcome] += 1
        self.watcher.ended(running or task, outcome.outcome, outcome.failure)

    def _leave_nobody(self) -> None:
        """Whatever ended the sweep, its workers checkpoint and go, and their runs are free."""
        until = time.monotonic() + self.sweep_options.grace
        self.stop()
        while self._active:
            self._ask()
            if time.monotonic() > until:
                self.kill()
            self._collect(PAUSE)

    def _tick(self) -> None:
        self._last_tick = time.monotonic()
        counts, running = self._counts, tuple(active.running for active in self._active.values())
        gone = sum(counts.values()) - counts[Outcome.STOPPED]
        self.watcher.tick(
            SweepProgress(
                running=running,
                done=counts[Outcome.DONE],
                failed=gone - counts[Outcome.DONE] - counts[Outcome.ELSEWHERE],
                waiting=len(self.tasks) - sum(counts.values()) - len(running),
                elsewhere=counts[Outcome.ELSEWHERE],
                total=len(self.tasks),
                seconds=self._last_tick - self._begin,
            )
        )
