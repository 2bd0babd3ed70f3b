"""Waiting one's turn to make a run that someone else is making."""

from __future__ import annotations

import logging
import time

from Arch.cache.claims.heartbeats import Heartbeats
from Arch.cache.entry import Entry
from Arch.cache.making.lease import Lease
from Arch.callbacks import Requests
from Arch.errors import RunDoneError, RunHeldError, StoppedError

PAUSE = 1.0  # seconds between two looks at who holds the run


def wait_for_lease(entry: Entry, index: int, requests: Requests, *, device: str, pause: float = PAUSE) -> Lease | None:
    """The lease of a run, taken as by a person; None once the run is there. A dead holder's run is taken over.

    Args:
        entry: whose run it is; it was opened.
        index: which run.
        requests: what is asked of this process meanwhile.
        device: on what the run will be made, for people.
        pause: seconds between two looks.

    Raises:
        StoppedError: the end was asked for before the run could be begun here.
        DiskError: the cache cannot be read or written.
    """
    heartbeats, is_told = Heartbeats(), False
    while True:
        if requests.is_stop_asked:
            where = "while another process was making" if is_told else "before"
            raise StoppedError(f"left {where} run {index} of {entry.path}; the same command goes on from there.")
        try:
            return entry.take(index, device=device, heartbeats=heartbeats, is_forced=True)
        except RunDoneError:
            return None
        except RunHeldError as held:
            if not is_told:
                logging.getLogger(__name__).warning("%s Waiting for it.", held)
                is_told = True
        time.sleep(pause)
