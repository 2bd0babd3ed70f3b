"""Acquires the lease of a run before a worker starts, and classifies the result after the worker has exited."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from Arch.cache.attempts.attempt import MOST_CRASHES, Attempt, State, attempt_at
from Arch.cache.attempts.failure import LOG_LINES, Failure
from Arch.cache.attempts.work import Work
from Arch.cache.claims.heartbeats import Heartbeats
from Arch.cache.entry import Entry
from Arch.cache.folder import EntryFolder
from Arch.cache.foreign import open_network
from Arch.cache.making.best_effort import best_effort
from Arch.cache.making.lease import End, Lease
from Arch.errors import ArchError, CacheError, DiskError, RunDoneError, RunHeldError
from Arch.machine.command import given_command
from Arch.planning.task import Task
from Arch.planning.workspace import Workspace
from Arch.sweep.executors.executor import Ending
from Arch.sweep.executors.order import Exit, Order, options_of, plugins_of
from Arch.sweep.outcome import TaskOutcome, refused
from Arch.sweep.progress import Outcome, Slot
from Arch.units import utc_now

_ENDS = ("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL")
_RETRIED = ("error", "crash", "timeout")  # not out-of-memory: memory that ran out once will run out again


@dataclass
class Attempts:
    """Begins attempts at runs and classifies how they ended.

    Attributes:
        workspace: the cache of the runs, and its rules.
        resets: the number of the attempt up to which failures are ignored, by task.
        heartbeats: the heartbeats seen of lease holders on other hosts.
        accepts_unlike: see `SweepOptions`.
    """

    workspace: Workspace
    resets: dict[Task, int] = field(default_factory=dict)
    heartbeats: Heartbeats = field(default_factory=Heartbeats)
    accepts_unlike: bool = False

    def entry(self, task: Task) -> Entry:
        """Returns the cache entry of a task's experiment."""
        return self.workspace.store.entry(task.step.config)

    def begin(self, task: Task, slot: Slot, *, is_forced: bool) -> Lease | TaskOutcome:
        """Acquires the lease of a task's run, or returns the outcome that makes an attempt pointless.

        Args:
            task: the run to make.
            slot: where the worker will run.
            is_forced: whether a run that failed before is tried again.

        Raises:
            RunHeldError: another living process holds the lease.
            DiskError: the cache cannot be written.
        """
        if task.step.refusal is not None:
            return refused(task, task.step.refusal)
        entry = self.entry(task)
        try:
            entry.open(task.step.config)
            for each in task.step.config.foreign:  # the worker looks them up in the cache
                open_network(self.workspace.store.entry(each), each)
            if entry.has_run(task.run):
                return TaskOutcome(Outcome.ELSEWHERE)
            attempt = attempt_at(entry.work(task.run))
            if attempt.state is State.FAILED and attempt.number > self.resets.get(task, 0):
                return TaskOutcome(Outcome.FAILED, _old_failure(attempt))
            lease = entry.take(task.run, device=slot.name, heartbeats=self.heartbeats, is_forced=is_forced)
            return self._failed_meanwhile(task, attempt, lease) or lease
        except RunDoneError:
            return TaskOutcome(Outcome.ELSEWHERE)
        except (RunHeldError, DiskError):
            raise
        except ArchError as error:
            return refused(task, error)

    def order(self, task: Task, slot: Slot, lease: Lease) -> Order:
        """Returns the order for the worker of a task."""
        workspace = self.workspace
        return Order(
            cache=str(workspace.store.root),
            rules=workspace.resolver.rules.path,
            data=str(workspace.data),
            fingerprint=task.fingerprint,
            run=task.run,
            token=lease.token,
            options=options_of(task.step.config),
            device=slot.device,
            accepts_unlike=self.accepts_unlike,
            command=given_command(),
            plugins=plugins_of(task.step.config),
        )

    def classify(self, lease: Lease, ending: Ending, *, is_stop_requested: bool, timeout: float | None) -> TaskOutcome:
        """Returns the outcome of an attempt; records the failure where the worker could not do so itself.

        Args:
            lease: the lease of the run.
            ending: how the worker exited.
            is_stop_requested: whether it was asked to stop before its run was finished.
            timeout: the seconds that it was given, if it was stopped because it exceeded them; else None.

        Raises:
            RunHeldError: another process has taken the run over.
        """
        if _exists(lease.entry, lease.index):
            lease.mark_committed()
            return TaskOutcome(Outcome.DONE)
        if ending.code == Exit.LOST:
            lease.end("stopped")
            raise RunHeldError(f"run {lease.index} of {lease.entry.path} was taken over.")
        recorded = lease.entry.work(lease.index).failure() if ending.code == Exit.FAILED else None
        if recorded is not None and recorded.attempt == lease.generation:
            best_effort(lease.end, _end_of(recorded))
            return TaskOutcome(_outcome_of(recorded, lease.entry.work(lease.index)), recorded)
        if timeout is not None:
            return self._record(lease, _timeout(lease, timeout), ending)
        if ending.code == Exit.STOPPED or (
            is_stop_requested and ending.signal in _ENDS and not ending.is_out_of_memory
        ):
            best_effort(lease.end, "stopped")
            return TaskOutcome(Outcome.STOPPED)
        return self._record(lease, _unreported(lease.index, ending), ending)

    def final_outcomes(self, outcomes: Mapping[Task, TaskOutcome]) -> dict[Task, TaskOutcome]:
        """Returns the outcomes at the end of a sweep, updated where another process has made a run that failed here."""
        return {
            task: TaskOutcome(Outcome.ELSEWHERE) if self._is_made_meanwhile(task, outcome.outcome) else outcome
            for task, outcome in outcomes.items()
        }

    def may_retry(self, task: Task, failure: Failure | None) -> bool:
        """Returns whether another attempt may succeed: not after out-of-memory, nor after several crashes."""
        if failure is None or failure.kind not in _RETRIED:
            return False
        return attempt_at(self.entry(task).work(task.run)).crashes < MOST_CRASHES

    def reset_failures(self, task: Task, attempt: int) -> None:
        """Ignores the failures of a task up to an attempt from now on."""
        self.resets[task] = attempt

    def _failed_meanwhile(self, task: Task, seen: Attempt, lease: Lease) -> TaskOutcome | None:
        """Ends a lease if an attempt of another sweep failed between reading the run's state and taking the lease."""
        if lease.generation <= seen.number + 1:
            return None
        work = lease.entry.work(lease.index)
        failure = work.failure()
        is_latest = failure is not None and failure.attempt == lease.generation - 1 > self.resets.get(task, 0)
        if failure is None or not is_latest or failure.kind == "crash":
            return None
        try:
            work.record_failure(
                replace(failure, attempt=lease.generation)
            )  # a failure of an earlier attempt than the latest is ignored
        finally:
            lease.end("failed")
        return TaskOutcome(Outcome.FAILED, failure)

    def _is_made_meanwhile(self, task: Task, outcome: Outcome) -> bool:
        """Returns whether the run of an unsuccessful task exists in the meantime; a refused one stays refused."""
        is_lacking = not outcome.run_exists and outcome is not Outcome.REFUSED and task.step.refusal is None
        return is_lacking and _exists(self.entry(task), task.run)

    def _record(self, lease: Lease, failure: Failure, ending: Ending) -> TaskOutcome:
        work = lease.entry.work(lease.index)
        failure = replace(
            failure,
            time=utc_now(),
            host=ending.host or lease.claim.holder.host,
            device=lease.claim.device,
            attempt=lease.generation,
            exit_code=ending.code,
            signal=ending.signal,
        )
        best_effort(lease.end, _end_of(failure))
        try:
            failure = replace(failure, log=work.log_tail(LOG_LINES))
            work.record_failure(failure)
        except DiskError as problem:  # a full disk must not end the sweep; the ended claim records the failure, too
            logging.getLogger(__name__).warning("%s", problem)
        return TaskOutcome(_outcome_of(failure, work), failure)


def _exists(entry: EntryFolder, run: int) -> bool:
    try:
        return entry.has_run(run)
    except (CacheError, DiskError):
        return False


def _old_failure(attempt: Attempt) -> Failure:
    if attempt.failure is not None:
        return attempt.failure
    message = f"its worker crashed {attempt.crashes} times without progress."
    return Failure(attempt.run, "crash", "crash", message, attempt=attempt.number)


def _timeout(lease: Lease, seconds: float) -> Failure:
    has_checkpoint = lease.entry.work(lease.index).checkpoints.step() > 0
    kept = "Its checkpoint is kept" if has_checkpoint else "It has no checkpoint yet: give it more time"
    message = f"it was stopped after {seconds:g} s, as --timeout asks. {kept}."
    return Failure(lease.index, "timeout", "timeout", message)


def _unreported(run: int, ending: Ending) -> Failure:
    if ending.is_out_of_memory:
        message = "the system killed it because memory had run out. Use fewer workers at a time or a smaller BatchSize."
        return Failure(run, "out-of-memory", "out of memory", message)
    if ending.code == Exit.FAILED:
        return Failure(run, "error", "error", "it failed and could not record the error; its log may show it.")
    how = ending.signal or ("an unknown end" if ending.code is None else f"exit code {ending.code}")
    return Failure(run, "crash", how, f"its worker ended by {how} and recorded no error.")


def _end_of(failure: Failure) -> End:
    return "crashed" if failure.kind == "crash" else "failed"


def _outcome_of(failure: Failure, work: Work) -> Outcome:
    """Returns `CRASHED` if the next sweep makes the run again, else `FAILED`."""
    is_crash = failure.kind == "crash"
    with contextlib.suppress(CacheError, DiskError):  # the disk is unreadable: assume that it does
        is_crash = is_crash and attempt_at(work).state is not State.FAILED
    return Outcome.CRASHED if is_crash else Outcome.FAILED
