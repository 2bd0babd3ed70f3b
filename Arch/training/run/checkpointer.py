"""When a run in hand is written down, and when it is left: looked at after every step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from Arch.cache.attempts.progress import Progress
from Arch.cache.making.lease import Lease
from Arch.callbacks import Requests, Watcher
from Arch.errors import CacheError, LeaseLostError, StoppedError
from Arch.training.run.run_log import RunLog

CHECKPOINT_SECONDS = 300.0  # a run loses no more than this, whatever befalls it
PROGRESS_SECONDS = 1.0
WORTH_SECONDS = 30.0  # of training that a last checkpoint, before the commit, is worth writing for


class Checkpointer:
    """Writes checkpoints and progress, and leaves the run when asked to or when its lease is lost.

    Between two steps it costs a few attributes and a look at the clock; the device is waited for only by a checkpoint.
    """

    def __init__(
        self,
        lease: Lease,
        log: RunLog,
        *,
        requests: Requests,
        watcher: Watcher,
        interval: int,
        kept: int,
        pack: Callable[[], bytes],
        progress: Callable[[], Progress],
    ) -> None:
        """Takes whose run it is, who asks and hears, and what is to be written.

        Args:
            lease: of the run.
            log: of the run.
            requests: what is asked meanwhile.
            watcher: hears of every step.
            interval: epochs between checkpoints; below 1 only time counts.
            kept: the step whose checkpoint the run goes on from.
            pack: gives the run as it stands.
            progress: tells how far it has come.
        """
        self._lease, self._log, self._requests, self._watcher = lease, log, requests, watcher
        self._interval, self._pack, self._progress = interval, pack, progress
        self._kept = kept
        self._saved_at = self._told_at = time.monotonic()
        self._look_at = self._told_at + PROGRESS_SECONDS

    def step_done(self) -> None:
        """Passes on that a step is done, and does what is due; raises as `look`."""
        self._watcher.step_done()
        requests = self._requests
        is_asked = requests.is_stop_asked or requests.is_checkpoint_asked
        if is_asked or self._lease.is_lost or time.monotonic() >= self._look_at:
            self.look()

    def epoch_done(self, epoch: int) -> None:
        """Writes a checkpoint if it is the epoch's turn, and does what is due; raises as `look`."""
        if self._interval > 0 and epoch % self._interval == 0:
            self._save()
        self.look()

    def trained(self) -> None:
        """Writes a checkpoint of a run that is only to be committed, if there is much to lose."""
        if time.monotonic() - self._saved_at >= WORTH_SECONDS:
            self._save()

    def look(self) -> None:
        """Does what is asked or due between two steps.

        Raises:
            StoppedError: the end was asked for.
            LeaseLostError: another process took the run over.
        """
        if self._lease.is_lost:
            self._lease.check()
        if self._requests.is_stop_asked:
            self._leave()
        now = time.monotonic()
        if self._requests.is_checkpoint_asked or now - self._saved_at >= CHECKPOINT_SECONDS:
            self._save()
            self._requests.is_checkpoint_asked = False
        if now - self._told_at >= PROGRESS_SECONDS:
            self._log.tell_progress(self._progress())
            self._told_at = now
        self._look_at = min(self._told_at + PROGRESS_SECONDS, self._saved_at + CHECKPOINT_SECONDS)

    def _save(self) -> None:
        """Writes a checkpoint unless this place is kept already; that it cannot be written is no end."""
        self._saved_at, place = time.monotonic(), self._progress().step
        if place <= self._kept:
            return
        try:
            payload = self._pack()
            self._lease.check()
            self._lease.entry.work(self._lease.index).checkpoints.save(place, payload)
        except LeaseLostError:
            raise
        except CacheError as problem:
            logging.getLogger(__name__).warning("no checkpoint: %s The training goes on.", problem)
            return
        self._kept = place
        self._log.say(f"checkpoint at step {place} ({1000 * (time.monotonic() - self._saved_at):.0f} ms)")

    def _leave(self) -> None:
        self._save()
        reached = self._progress()
        self._log.tell_progress(reached)
        raise StoppedError(
            f"run {self._lease.index} of {self._lease.entry.path} was left on request at step {reached.step} of "
            f"{reached.steps}; the same command goes on from step {self._kept}."
        )
