"""The right to make one run: renewed while its holder lives, handed on, checked before anything is committed."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from Arch import files
from Arch.cache import layout
from Arch.cache.failure import Failure
from Arch.cache.fields import Fields
from Arch.cache.leases.claim import Claim, claim_path, generation_of
from Arch.cache.leases.holder import Holder
from Arch.errors import CacheError, LeaseLostError, StoppedError

if TYPE_CHECKING:
    from Arch.cache.entry import Entry

End = Literal["stopped", "failed", "crashed"]


class Lease:
    """A claim of this process on a run, as a context: it shows signs of life while it is entered.

    Leaving with an error writes the error down; leaving otherwise without a commit says that the run was left on
    request. A lease only saves work: that a run is whole, and the first of its name, is the commit's doing.

    Attributes:
        entry: whose run it is.
        index: which run.
        claim: as it was when it was taken or adopted.
    """

    def __init__(self, entry: Entry, index: int, claim: Claim) -> None:
        """Holds a `claim` that was put in place already."""
        self.entry, self.index, self.claim = entry, index, claim
        self._is_left = threading.Event()
        self._is_lost = False
        self._thread: threading.Thread | None = None

    @classmethod
    def adopt(cls, entry: Entry, index: int, token: dict[str, Any]) -> Self:
        """Makes this process the holder of a lease that another one took.

        Args:
            entry: whose run it is.
            index: which run.
            token: the other lease's `token`.

        Raises:
            LeaseLostError: it was ended, or taken over by a third.
            CacheAccessError: the cache cannot be written.
        """
        fields = Fields(token, "a lease's token")
        generation, nonce = fields.integer("Generation"), fields.text("Nonce")
        folder = f"{layout.claims(entry.path)}/{layout.run_name(index)}"
        path = claim_path(folder, generation)
        try:
            claim = Claim.read(path, generation)
        except FileNotFoundError:
            raise _lost(entry, index) from None
        if claim.holder.nonce != nonce or claim.end:
            raise _lost(entry, index)
        lease = cls(entry, index, replace(claim, holder=Holder.this_process(nonce)))
        files.write_atomically(path, lease.claim.text())
        lease.check()
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
            LeaseLostError: one has, or this one was ended.
            CacheAccessError: the cache cannot be read.
        """
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
        files.touch(self.claim.path)

    def end(self, how: End) -> None:
        """Says that the attempt is over, so that nobody has to wait; of several ends the first counts.

        Raises:
            CacheAccessError: the cache cannot be written.
        """
        try:
            now = Claim.read(self.claim.path, self.generation)
        except FileNotFoundError:  # the run was committed
            return
        if now.holder.nonce == self.claim.holder.nonce and not now.end:
            files.write_atomically(self.claim.path, replace(now, end=how).text())

    def __enter__(self) -> Self:
        """Begins to show signs of life."""
        self._thread = threading.Thread(target=self._live, name=f"lease of run {self.index}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Writes down how the attempt ended; an error goes on its way."""
        self._is_left.set()
        if self._thread is not None:
            self._thread.join()
        is_failure = isinstance(error, Exception) and not isinstance(error, (StoppedError, LeaseLostError))
        try:
            if is_failure and error is not None and not self.entry.has_run(self.index):
                self.check()
                self.entry.work(self.index).record_failure(Failure.of(error, self))
            self.end("failed" if is_failure else "stopped")
        except CacheError as problem:  # must not hide the error itself
            logging.getLogger(__name__).warning("%s", problem)

    def _live(self) -> None:
        while not self._is_left.wait(self.claim.ttl / 3):
            try:
                self.beat()
            except LeaseLostError:
                self._is_lost = True
                return
            except CacheError as problem:  # a disk that recovers must not end a training
                logging.getLogger(__name__).warning("%s", problem)


def _lost(entry: Entry, index: int) -> LeaseLostError:
    return LeaseLostError(
        f"run {index} of {entry.path} was taken over by another process, so that this one leaves it. Nothing is lost."
    )
