"""The right to make one run: renewed while its holder lives, handed on, checked before anything is committed."""

from __future__ import annotations

import errno
import logging
import os
import threading
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
    """A claim of this process on a run, as a context: it shows signs of life while it is entered.

    Leaving with an error writes the error down; leaving otherwise without a commit says that the run was left on
    request. Entered within itself it stays one, and the first leaving counts. A lease only saves work: that a run is
    whole, and the first of its name, is the commit's doing.

    Attributes:
        entry: whose run it is.
        index: which run.
        claim: as it was when it was taken or adopted.
    """

    def __init__(self, entry: EntryFolder, index: int, claim: Claim) -> None:
        """Holds a `claim` that is in place, or is about to be."""
        self.entry, self.index, self.claim = entry, index, claim
        self._is_ended = threading.Event()
        self._is_lost = self._is_committed = False
        self._entered_by = 0
        holder.mark_held(claim.holder.nonce)

    @classmethod
    def adopt(cls, entry: EntryFolder, index: int, token: dict[str, Any]) -> Self:
        """Makes this process the holder of a lease that another one took.

        Args:
            entry: whose run it is.
            index: which run.
            token: the other lease's `token`.

        Raises:
            LeaseLostError: it was ended, or taken over by a third.
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
            # Whoever takes over a dead holder's run looks once more after putting his claim, as this looks after
            # putting its own: one of the two sees the other.
            lease.check()
        except (CacheError, DiskError) as error:
            holder.mark_released(nonce)
            is_gone = isinstance(error, DiskError) and error.errno == errno.ENOENT
            raise _lost(entry, index) if is_gone else error from None
        return lease

    @property
    def generation(self) -> int:
        """The attempt's number."""
        return self.claim.generation

    @property
    def token(self) -> dict[str, Any]:
        """What another process needs to `adopt` it; plain JSON."""
        return {"Generation": self.generation, "Nonce": self.claim.holder.nonce}

    @property
    def is_lost(self) -> bool:
        """Whether a sign of life found that another process took over; cheap, for asking in every step."""
        return self._is_lost

    def check(self) -> None:
        """Checks that no other attempt has begun.

        Raises:
            LeaseLostError: one has, or this one was ended, or removed.
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
        """Shows a sign of life, and looks whether the lease still holds; raises as `check` does."""
        self.check()
        try:
            files.touch(self.claim.path)
        except DiskError as error:
            if error.errno != errno.ENOENT:
                raise
            self.check()

    def end(self, how: End) -> None:
        """Says that the attempt is over, so that nobody has to wait; of several ends the first counts.

        Raises:
            DiskError: the cache cannot be written; in this process the run is free nevertheless.
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
        """Notes that the run is committed, so that nothing is left to be held, checked or ended; writes nothing."""
        self._is_committed = True
        self._is_ended.set()
        holder.mark_released(self.claim.holder.nonce)

    def __enter__(self) -> Self:
        """Begins to show signs of life."""
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
        """Writes down how the attempt ended; an error goes on its way."""
        # The thread is not waited for: a disk that hangs must not keep a process from leaving. Nor is it in a forked
        # child, which leaves by this way, too, and has nothing to say about its parent's run.
        if self._is_ended.is_set() or os.getpid() != self._entered_by:
            return
        self._is_ended.set()
        end: End = "stopped"
        # A library that ends the program would do so again; a person who interrupts it is asking for just that.
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
            except Exception as problem:  # noqa: BLE001 - whatever it is, the next sign of life may succeed
                logging.getLogger(__name__).warning("no sign of life could be given: %s", problem)


def _lost(entry: EntryFolder, index: int) -> LeaseLostError:
    return LeaseLostError(
        f"run {index} of {entry.path} was taken over or finished by another process, or removed, so that this one "
        "leaves it. Nothing that was finished is lost."
    )
