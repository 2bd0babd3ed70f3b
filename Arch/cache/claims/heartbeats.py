"""A contender's memory of the signs of life that it saw, on its own clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from Arch import files
from Arch.cache.claims.claim import Claim


class Heartbeats:
    """Judges holders on other machines, whose clocks nobody knows: only that a sign of life changes is used."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes the contender's own clock, in seconds."""
        self._clock = clock
        self._seen: dict[str, tuple[object, float]] = {}

    def is_held(self, claim: Claim) -> bool:
        """Whether the claim's holder lives; one elsewhere does until it was silent for its TTL before these eyes.

        Raises:
            DiskError: its file cannot be read.
        """
        if claim.end:
            return False
        if claim.holder.is_local:
            return claim.holder.is_alive()
        try:
            sign = (claim.holder.nonce, claim.holder.pid, files.changed_at(claim.path))
        except FileNotFoundError:
            return False
        now = self._clock()
        seen, since = self._seen.get(claim.path, (None, now))
        if sign != seen:
            self._seen[claim.path] = (sign, now)
            return True
        return now - since <= claim.ttl
