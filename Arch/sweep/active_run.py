"""A run of a sweep that a worker is making."""

from __future__ import annotations

from dataclasses import dataclass

from Arch.cache.making.lease import Lease
from Arch.sweep.progress import Running


@dataclass
class ActiveRun:
    """A run that a worker is making.

    Attributes:
        running: the task with its slot.
        lease: the lease of the run.
        deadline: when it times out, on the monotonic clock.
        is_timed_out: whether it was asked to stop because of its deadline.
        is_stop_requested: whether it was asked to stop.
    """

    running: Running
    lease: Lease
    deadline: float | None
    is_timed_out: bool = False
    is_stop_requested: bool = False
