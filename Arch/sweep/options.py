"""The options of a sweep."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SweepOptions:
    """Options of a sweep.

    Attributes:
        retries: further attempts at a run that failed, except after out-of-memory.
        timeout: seconds that an attempt may take.
        grace: seconds that a worker has for its checkpoint after a timeout before it is killed.
        is_fail_fast: whether the first failure stops the sweep.
        is_forced: whether runs that failed before are tried again.
        accepts_unlike: whether runs may be made from other networks than the earlier runs of their experiment.
    """

    retries: int = 0
    timeout: float | None = None
    grace: float = 60.0
    is_fail_fast: bool = False
    is_forced: bool = False
    accepts_unlike: bool = False
