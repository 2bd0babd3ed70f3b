"""Waits for the lease of a run that another process is making."""

from __future__ import annotations

import logging
import time

from Arch.cache.claims.heartbeats import Heartbeats
from Arch.cache.entry import Entry
from Arch.cache.making.lease import Lease
from Arch.callbacks import Requests
from Arch.errors import RunDoneError, RunHeldError, StoppedError

PAUSE = 1.0  # seconds between two attempts to acquire the lease


def wait_for_lease(entry: Entry, index: int, requests: Requests, *, device: str, pause: float = PAUSE) -> Lease | None:
    """Acquires the lease of a run on behalf of a user; takes it over from a dead holder.

    Args:
        entry: the experiment's entry, which exists.
        index: the index of the run.
        requests: checked for a stop before each attempt.
        device: where the run will be computed, for displays.
        pause: seconds between two attempts.

    Returns:
        The lease, or None once the run is finished.

    Raises:
        StoppedError: a stop was requested before the lease was acquired.
        DiskError: the cache cannot be read or written.
    """
    heartbeats, has_warned = Heartbeats(), False
    while True:
        if requests.is_stop_requested:
            where = "while another process was making" if has_warned else "before"
            raise StoppedError(f"stopped {where} run {index} of {entry.path}; the same command resumes from there.")
        try:
            with requests.checked():  # a claim that is half written would look like that of a crashed process
                return entry.take(index, device=device, heartbeats=heartbeats, is_forced=True)
        except RunDoneError:
            return None
        except RunHeldError as held:
            if not has_warned:
                logging.getLogger(__name__).warning("%s Waiting for it.", held)
                has_warned = True
        time.sleep(pause)
