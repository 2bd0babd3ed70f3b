"""Runs a sweep: takes leases, starts workers and classifies their exits, until every task has an outcome."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from Arch.cache.making.lease import Lease
from Arch.errors import DiskError, RunHeldError
from Arch.planning.forecast import Forecast
from Arch.planning.task import Task
from Arch.planning.workspace import Workspace
from Arch.sweep.active_run import ActiveRun
from Arch.sweep.attempts import Attempts
from Arch.sweep.executors.executor import Ending, Executor
from Arch.sweep.guarded_watcher import GuardedSweepWatcher
from Arch.sweep.options import SweepOptions
from Arch.sweep.outcome import Report, TaskOutcome, blocked, refused
from Arch.sweep.progress import Outcome, Running, SilentSweepWatcher, Slot, SweepProgress, SweepWatcher
from Arch.sweep.queue import RunQueue

PAUSE = 0.1  # seconds to wait for a worker's exit at a time
TICK = 0.5  # seconds between two progress reports
_AT_ONCE = 100  # tasks that are tried in a row, so that signals and exits never wait long
_MOST_REFUSALS = 3  # disk errors in a row, after which the disk and not a single entry is at fault


@dataclass
class Sweep:
    """Carries out tasks on an executor. `stop`, `kill` and `checkpoint` may be called from signal handlers.

    Attributes:
        tasks: tasks in an order in which each comes after its dependencies.
        workspace: the cache of the runs, and its rules.
        executor: starts, watches and stops the workers; the caller closes it.
        options: options of the sweep.
        watcher: is notified of the progress.
        forecast: estimates the time that is left, for the watcher; None if it is not wanted.
    """

    tasks: Sequence[Task]
    workspace: Workspace
    executor: Executor
    options: SweepOptions = field(default_factory=SweepOptions)
    watcher: SweepWatcher = field(default_factory=SilentSweepWatcher)
    forecast: Forecast | None = None

    def __post_init__(self) -> None:
        self.watcher = GuardedSweepWatcher(self.watcher)
        self._queue = RunQueue(self.tasks)
        self._attempts = Attempts(self.workspace, accepts_unlike=self.options.accepts_unlike)
        self._active: dict[str, ActiveRun] = {}
        self._free = list(reversed(self.executor.slots))
        self._outcomes: dict[Task, TaskOutcome] = {}
        self._counts = dict.fromkeys(Outcome, 0)
        self._tries: dict[Task, int] = {}
        self._refusals = 0
        self._end: Literal["", "stop", "kill"] = ""
        self._is_checkpoint_asked = False
        self._begin = self._last_tick = time.monotonic()

    def stop(self) -> None:
        """Asks all workers to write a checkpoint and exit, and ends the sweep."""
        self._end = self._end or "stop"

    def kill(self) -> None:
        """Kills all workers and ends the sweep."""
        self._end = "kill"

    def checkpoint(self) -> None:
        """Asks all workers to write a checkpoint."""
        self._is_checkpoint_asked = True

    def run(self) -> Report:
        """Carries out the tasks and returns their outcomes.

        Raises:
            DiskError: the cache cannot be written at all.
            TrainingError: no worker can be started.
        """
        if self.options.is_forced:
            for task in self.tasks:
                if task.attempt is not None:
                    self._attempts.reset_failures(task, task.attempt.number)
        self._tick()
        try:
            while self._active or not (self._queue.is_over or self._end):
                self._send_requests()
                is_more = self._fill()
                self._collect(0.0 if is_more else PAUSE)
                if time.monotonic() - self._last_tick >= TICK:
                    self._tick()
        finally:
            self._stop_workers()
        self._tick()
        left = tuple(task for task in self._queue.left if task not in self._outcomes)
        return Report(self._attempts.final_outcomes(self._outcomes), left)

    def _send_requests(self) -> None:
        """Sends requests of the user and expired timeouts to the workers."""
        now = time.monotonic()
        for name, active in self._active.items():
            if active.deadline is not None and now > active.deadline and not active.is_stop_requested:
                active.is_timed_out = True
                self._ask_to_stop(name, active)
            is_overdue = active.deadline is not None and now > active.deadline + self.options.grace
            if self._end == "kill" or is_overdue:
                self.executor.kill(name)
            if self._end:
                self._ask_to_stop(name, active)
            elif self._is_checkpoint_asked:
                self.executor.ask(name, "checkpoint")
        self._is_checkpoint_asked = False

    def _ask_to_stop(self, name: str, active: ActiveRun) -> None:
        if not active.is_stop_requested:
            active.is_stop_requested = True
            self.executor.ask(name, "stop")

    def _fill(self) -> bool:
        """Starts workers in the free slots; returns whether more tasks may be tried at once."""
        for _ in range(_AT_ONCE):
            task = self._queue.next(time.monotonic()) if self._free and not self._end else None
            if task is None:
                return False
            self._try(task)
        return True

    def _try(self, task: Task) -> None:
        slot = self._free[-1]
        try:
            found = self._attempts.begin(task, slot, is_forced=self.options.is_forced and task not in self._tries)
            if isinstance(found, Lease):
                self._start(task, slot, found)
            else:
                self._finish(task, found)
            self._refusals = 0
        except RunHeldError:
            self._queue.postpone(task, time.monotonic())
        except DiskError as error:
            self._refusals += 1
            if self._refusals == _MOST_REFUSALS:
                raise
            self._finish(task, refused(task, error))

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
        self._active[name] = ActiveRun(running, lease, self.options.timeout and now + self.options.timeout)
        self.watcher.started(running)

    def _collect(self, seconds: float) -> None:
        """Waits up to `seconds` for workers to exit, and classifies the exits."""
        for ending in self.executor.ended(seconds):
            active = self._active.pop(ending.worker)
            self._free.append(active.running.slot)
            self._classify(active, ending)

    def _classify(self, active: ActiveRun, ending: Ending) -> None:
        running, task = active.running, active.running.task
        timeout = self.options.timeout if active.is_timed_out else None
        tries = self._tries.get(task, 0) + 1
        try:
            outcome = self._attempts.classify(
                active.lease, ending, is_stop_requested=active.is_stop_requested, timeout=timeout
            )
            has_tries = tries <= self.options.retries and not self._end
            is_retried = has_tries and self._attempts.may_retry(task, outcome.failure)
        except RunHeldError:
            self._queue.postpone(task, time.monotonic())
            return
        except DiskError as error:  # the disk does not answer, so the run's state is unknown
            outcome, is_retried = refused(task, error), False
        self._tries[task] = tries
        if is_retried:
            self._attempts.reset_failures(task, running.attempt)
            self._queue.requeue(task, tries)
            self.watcher.ended(running, outcome.outcome, outcome.failure)
        else:
            self._finish(task, outcome, running)

    def _finish(self, task: Task, outcome: TaskOutcome, running: Running | None = None) -> None:
        self._report(task, outcome, running)
        if self.options.is_fail_fast and outcome.outcome in (Outcome.FAILED, Outcome.CRASHED, Outcome.REFUSED):
            self.stop()
        if outcome.outcome is Outcome.STOPPED and self._end:
            return  # its dependents are left for the next sweep, not blocked
        for dependent, cause in self._queue.finish(task, run_exists=outcome.outcome.run_exists):
            self._report(dependent, blocked(dependent, cause, self._outcomes[cause].outcome))

    def _report(self, task: Task, outcome: TaskOutcome, running: Running | None = None) -> None:
        self._outcomes[task] = outcome
        self._counts[outcome.outcome] += 1
        if self.forecast is not None:
            is_made = running is not None and outcome.outcome is Outcome.DONE
            self.forecast.finish(task, time.monotonic() - running.since if running and is_made else None)
        self.watcher.ended(running or task, outcome.outcome, outcome.failure)

    def _stop_workers(self) -> None:
        """Stops all workers, however the sweep ended, so that their leases are released."""
        until = time.monotonic() + self.options.grace
        self.stop()
        while self._active:
            self._send_requests()
            if time.monotonic() > until:
                self.kill()
            self._collect(PAUSE)

    def _tick(self) -> None:
        self._last_tick = time.monotonic()
        counts, running = self._counts, tuple(active.running for active in self._active.values())
        finished = sum(counts.values()) - counts[Outcome.STOPPED]
        self.watcher.tick(
            SweepProgress(
                running=running,
                done=counts[Outcome.DONE],
                failed=finished - counts[Outcome.DONE] - counts[Outcome.ELSEWHERE],
                waiting=len(self.tasks) - sum(counts.values()) - len(running),
                elsewhere=counts[Outcome.ELSEWHERE],
                total=len(self.tasks),
                seconds=self._last_tick - self._begin,
                blocked=counts[Outcome.BLOCKED],
                is_stopping=bool(self._end and running),
                seconds_left=self._seconds_left(running),
            )
        )

    def _seconds_left(self, running: Sequence[Running]) -> float | None:
        if self.forecast is None or self._end:
            return None
        return self.forecast.left({each.task: self._last_tick - each.since for each in running})
