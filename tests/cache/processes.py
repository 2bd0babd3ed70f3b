"""Reads the state of a process from /proc, and waits for a condition."""

import time
from pathlib import Path


def state_of(pid):
    """Returns a process's state letter: `R`, `S`, `T` (stopped), `Z` (zombie)."""
    return _fields(pid)[0]


def start_of(pid):
    """Returns when a process started, in clock ticks since the boot (field 22 of `proc_pid_stat(5)`)."""
    return int(_fields(pid)[19])


def _fields(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def until(is_so):
    """Waits for a condition, at most ten seconds."""
    for _ in range(1000):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError("the condition never became true")
