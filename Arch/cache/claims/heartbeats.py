"""Decides whether a lease holder on another host is alive, from how long its heartbeat file has not changed."""

from __future__ import annotations

import time
from collections.abc import Callable

from Arch import files
from Arch.cache.claims.claim import Claim


class Heartbeats:
    """Remembers when the claims of holders on other hosts last changed, by the local clock only.

    Clocks of other hosts are never read: only a change of a file's modification time counts as a heartbeat.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes the local clock, in seconds."""
        self._clock = clock
        self._seen: dict[str, tuple[object, float]] = {}

    def is_held(self, claim: Claim) -> bool:
        """Returns whether the claim's holder is alive.

        A holder on another host counts as alive until this object saw no heartbeat for the claim's TTL, so the first
        call about such a holder always returns True.

        Raises:
            DiskError: its file cannot be read.
        """
        if claim.end:
            return False
        if claim.holder.is_local:
            return claim.holder.is_alive()
        try:
            beat = (claim.holder.nonce, claim.holder.pid, files.changed_at(claim.path))
        except FileNotFoundError:
            return False
        now = self._clock()
        seen, since = self._seen.get(claim.path, (None, now))
        if beat != seen:
            self._seen[claim.path] = (beat, now)
            return True
        return now - since <= claim.ttl
