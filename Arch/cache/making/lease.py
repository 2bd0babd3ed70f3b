"""The lease on one run: renewed by heartbeats, transferred between processes, checked before a commit."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.failure import LOG_LINES, Failure
from Arch.cache.claims import holder
from Arch.cache.claims.claim import Claim, claim_path, generation_of
from Arch.cache.claims.holder import Holder
from Arch.cache.fields import Fields
from Arch.cache.folder import EntryFolder
from Arch.cache.making.best_effort import best_effort
from Arch.errors import CacheError, DiskError, LeaseLostError, StoppedError

End = Literal["stopped", "failed", "crashed"]


class Lease:
    """The claim of this process on a run, as a context that sends heartbeats while it is entered.

    Leaving the context with an error records the error; leaving it without an error and without a commit marks the run
    as stopped on request. The context may be nested; the first exit counts. A lease only prevents duplicate work: that
    a run is complete and never replaced is guaranteed by the commit.

    Attributes:
        entry: the entry of the run.
        index: the run's index.
        claim: the claim as it was when it was taken or adopted.
        since: when this process took or adopted it, in seconds on the monotonic clock.
    """

    def __init__(self, entry: EntryFolder, index: int, claim: Claim) -> None:
        """Holds a `claim` whose file exists or is about to be written."""
        self.entry, self.index, self.claim = entry, index, claim
        self._is_ended = threading.Event()
        self._is_lost = self._is_committed = False
        self._entered_by = 0
        self.since = time.monotonic()
        holder.mark_held(claim.holder.nonce)

    @classmethod
    def adopt(cls, entry: EntryFolder, index: int, token: dict[str, Any]) -> Self:
        """Makes this process the holder of a lease that another process took.

        Args:
            entry: the entry of the run.
            index: the run's index.
            token: the other lease's `token`.

        Raises:
            LeaseLostError: the lease was ended, or taken over by a third process.
            DiskError: the cache cannot be written.
        """
        fields = Fields(token, "a lease's token")
        generation, nonce = fields.integer("Generation"), fields.text("Nonce")
        folder = f"{layout.claims(entry.path)}/{layout.run_name(index)}"
        path = claim_path(folder, generation)
        try:
            claim = Claim.read(path, generation)
        except FileNotFoundError:
            raise _lost(entry, index) from None
        if claim.holder.nonce != nonce or claim.end or entry.has_run(index):
            raise _lost(entry, index)
        lease = cls(entry, index, replace(claim, holder=Holder.this_process(nonce)))
        try:
            files.write_atomically(path, lease.claim.text())
            # Both sides write their claim, then re-read: at least one of two concurrent takers sees the other's claim
            # (Dekker).
            lease.check()
        except (CacheError, DiskError) as error:
            holder.mark_released(nonce)
            is_removed = isinstance(error, DiskError) and error.errno == errno.ENOENT
            raise _lost(entry, index) if is_removed else error from None
        return lease

    @property
    def generation(self) -> int:
        """The attempt's number."""
        return self.claim.generation

    @property
    def token(self) -> dict[str, Any]:
        """The JSON values with which another process can `adopt` the lease."""
        return {"Generation": self.generation, "Nonce": self.claim.holder.nonce}

    @property
    def is_lost(self) -> bool:
        """Whether a heartbeat found that another process took over; cheap enough to read in every step."""
        return self._is_lost

    def check(self) -> None:
        """Checks that this claim is still the latest one.

        Raises:
            LeaseLostError: there is a later claim, or this one was ended or removed.
            DiskError: the cache cannot be read.
        """
        if self._is_committed:
            return
        folder = self.claim.path.rpartition("/")[0]
        if max(map(generation_of, files.list_folder(folder)), default=0) == self.generation:
            try:
                now = Claim.read(self.claim.path, self.generation)
            except FileNotFoundError:
                raise _lost(self.entry, self.index) from None
            if now.holder.nonce == self.claim.holder.nonce and not now.end:
                return
        raise _lost(self.entry, self.index)

    def beat(self) -> None:
        """Sends a heartbeat after checking that the lease is still held; raises as `check` does."""
        self.check()
        try:
            files.touch(self.claim.path)
        except DiskError as error:
            if error.errno != errno.ENOENT:
                raise
            self.check()

    def end(self, how: End) -> None:
        """Records that the attempt is over, so that no process has to wait; of several ends the first counts.

        Raises:
            DiskError: the cache cannot be written; the run can be taken by this process nevertheless.
        """
        holder.mark_released(self.claim.holder.nonce)
        self._is_ended.set()
        try:
            now = Claim.read(self.claim.path, self.generation)
            if now.holder.nonce == self.claim.holder.nonce and not now.end:
                files.write_atomically(self.claim.path, replace(now, end=how).text())
        except FileNotFoundError:  # the run was committed
            return
        except DiskError as error:
            if error.errno != errno.ENOENT:
                raise

    def mark_committed(self) -> None:
        """Marks the run as committed: there is no claim left to check or end. Writes nothing."""
        self._is_committed = True
        self._is_ended.set()
        holder.mark_released(self.claim.holder.nonce)

    def __enter__(self) -> Self:
        """Starts the thread that sends heartbeats."""
        if self._entered_by == os.getpid():
            return self
        self._entered_by = os.getpid()
        try:
            threading.Thread(target=self._beat_until_ended, name=f"lease of run {self.index}", daemon=True).start()
        except RuntimeError:  # the system allows no further thread
            best_effort(self.end, "stopped")
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Records how the attempt ended; an error is passed on."""
        # The thread is not joined: a hanging disk must not keep the process from exiting. A forked child leaves the
        # context, too, but must not end its parent's attempt.
        if self._is_ended.is_set() or os.getpid() != self._entered_by:
            return
        self._is_ended.set()
        end: End = "stopped"
        # SystemExit is a failure, since a library that exits would do so again; KeyboardInterrupt is a request to stop.
        if isinstance(error, (Exception, SystemExit)) and not isinstance(error, (StoppedError, LeaseLostError)):
            failure = Failure.of(error, self.index, self.claim, self._log_tail())
            end = "crashed" if failure.kind == "crash" else "failed"
            best_effort(self._record, failure)
        best_effort(self.end, end)

    def _log_tail(self) -> str:
        try:
            return self.entry.work(self.index).log_tail(LOG_LINES)
        except DiskError:  # the error itself still has to be recorded
            return ""

    def _record(self, failure: Failure) -> None:
        if not self.entry.has_run(self.index):
            self.check()
            self.entry.work(self.index).record_failure(failure)

    def _beat_until_ended(self) -> None:
        while not self._is_ended.wait(self.claim.ttl / 3):
            try:
                self.beat()
            except LeaseLostError:
                self._is_lost = not self._is_committed
                return
            except Exception as problem:  # noqa: BLE001 - the next heartbeat may succeed
                logging.getLogger(__name__).warning("no heartbeat was written: %s", problem)


def _lost(entry: EntryFolder, index: int) -> LeaseLostError:
    return LeaseLostError(
        f"run {index} of {entry.path} was taken over or finished by another process, or removed, so that this "
        "process stops making it. Finished runs are kept."
    )
