"""Checkpoint policy: decides after every step whether to save, to report progress or to stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from Arch.cache.attempts.progress import Progress
from Arch.cache.making.lease import Lease
from Arch.callbacks import Requests, Watcher
from Arch.errors import DiskError, StoppedError
from Arch.training.run.run_log import RunLog

CHECKPOINT_SECONDS = 300.0  # the most that a run can lose, so its longest time without a checkpoint
PROGRESS_SECONDS = 1.0
WORTH_SECONDS = 30.0  # of computing since the last checkpoint that make one before the commit worth its time


class Checkpointer:
    """Writes checkpoints and progress, and ends the run on request or when its lease is lost.

    Between two steps it reads a few attributes and the clock; only a checkpoint synchronises with the device.
    """

    def __init__(
        self,
        lease: Lease,
        log: RunLog,
        *,
        requests: Requests,
        watcher: Watcher,
        interval: int,
        saved_step: int,
        pack: Callable[[], bytes],
        progress: Callable[[], Progress],
    ) -> None:
        """Takes lease and log of the run, its callbacks, and functions that return what to write.

        Args:
            lease: the lease of the run.
            log: the log of the run.
            requests: is read after every step.
            watcher: is called after every step.
            interval: epochs between checkpoints; below 1 only time counts.
            saved_step: the step of the checkpoint that the run was resumed from; 0 without one.
            pack: returns the current state of the run.
            progress: returns its current progress.
        """
        self._lease, self._log, self._requests, self._watcher = lease, log, requests, watcher
        self._interval, self._pack, self._progress = interval, pack, progress
        self._saved_step = saved_step
        self._saved_at = self._reported_at = time.monotonic()
        self._due_at = self._reported_at + PROGRESS_SECONDS

    def step_done(self) -> None:
        """Calls the watcher, and `check` if anything is requested or due; raises as `check`."""
        self._watcher.step_done()
        requests = self._requests
        is_requested = requests.is_stop_requested or requests.is_checkpoint_requested
        if is_requested or self._lease.is_lost or time.monotonic() >= self._due_at:
            self.check()

    def epoch_done(self, epoch: int) -> None:
        """Writes a checkpoint after every `interval` epochs, then calls `check`; raises as `check`."""
        if self._interval > 0 and epoch % self._interval == 0:
            self._save()
        self.check()

    def last_step_done(self) -> None:
        """Writes a last checkpoint before the commit, if the latest one is old enough to be worth it."""
        if time.monotonic() - self._saved_at >= WORTH_SECONDS:
            self._save()

    def check(self) -> None:
        """Does what is requested or due between two steps.

        Raises:
            StoppedError: a stop was requested.
            LeaseLostError: another process took the run over.
        """
        if self._lease.is_lost:
            self._lease.check()
        if self._requests.is_stop_requested:
            self._stop()
        now = time.monotonic()
        if self._requests.is_checkpoint_requested or now - self._saved_at >= CHECKPOINT_SECONDS:
            self._save()
            self._requests.is_checkpoint_requested = False
        if now - self._reported_at >= PROGRESS_SECONDS:
            self._log.write_progress(self._progress())
            self._reported_at = now
        self._due_at = min(self._reported_at + PROGRESS_SECONDS, self._saved_at + CHECKPOINT_SECONDS)

    def _save(self) -> None:
        """Writes a checkpoint unless this step has one; a disk that refuses is a warning, and the run continues."""
        self._saved_at, step = time.monotonic(), self._progress().step
        if step <= self._saved_step:
            return
        try:
            payload = self._pack()
            self._lease.check()
            self._lease.entry.work(self._lease.index).checkpoints.save(step, payload)
        except DiskError as problem:
            logging.getLogger(__name__).warning("no checkpoint: %s The run continues.", problem)
            return
        self._saved_step = step
        self._log.write(f"checkpoint at step {step} ({1000 * (time.monotonic() - self._saved_at):.0f} ms)")

    def _stop(self) -> None:
        self._save()
        reached = self._progress()
        self._log.write_progress(reached)
        raise StoppedError(
            f"run {self._lease.index} of {self._lease.entry.path} was stopped on request at step {reached.step} of "
            f"{reached.steps}; the same command resumes it from step {self._saved_step}."
        )
