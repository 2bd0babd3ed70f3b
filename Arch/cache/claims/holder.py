"""Who holds a claim: one process, told apart from every other one on this machine or elsewhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from Arch.cache.fields import Fields

_DEAD = ("Z", "X", "x")  # a zombie has ended, and only waits for its parent to ask how
_LARGEST_PID = 2**31 - 1
# That this process lives does not tell that it still makes a run: when it left one, the disk may have been too full to
# say so. No object could carry this, since the same process may come back to the run by any way.
_HELD: set[str] = set()


@dataclass(frozen=True)
class Holder:
    """A process that makes a run.

    Attributes:
        host: its machine's name.
        boot: the machine's boot id, empty where the system tells none.
        namespace: its pid namespace, in which alone `pid` has a meaning; containers share a boot id but not this.
        pid: its number there.
        start: when it began, in clock ticks since the boot, because numbers are used again; 0 if unknown.
        nonce: random digits, equal for all processes through which one claim was handed; known in the process itself
            by `mark_held` until it has let go.
    """

    host: str
    boot: str
    namespace: str
    pid: int
    start: int
    nonce: str

    @classmethod
    def this_process(cls, nonce: str) -> Self:
        """This process."""
        pid = os.getpid()
        _, start = _state_and_start(pid)
        return cls(os.uname().nodename, *_home(pid), pid, start, nonce)

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """The holder in a claim; raises CorruptEntryError."""
        if not 0 < fields.integer("Pid") <= _LARGEST_PID:
            raise fields.unfit("Pid", "the number of a process")
        return cls(
            host=fields.text("Host"),
            boot=fields.text("Boot"),
            namespace=fields.text("Namespace"),
            pid=fields.integer("Pid"),
            start=fields.integer("Start"),
            nonce=fields.text("Nonce"),
        )

    def document(self) -> dict[str, Any]:
        """As a claim holds it."""
        return {
            "Host": self.host,
            "Boot": self.boot,
            "Namespace": self.namespace,
            "Pid": self.pid,
            "Start": self.start,
            "Nonce": self.nonce,
        }

    @property
    def is_local(self) -> bool:
        """Whether this process sees the holder among its own, so that `is_alive` is exact.

        The host's name counts, too: copies of a virtual machine share everything else.
        """
        home = (os.uname().nodename, *_home(os.getpid()))
        return bool(self.boot and self.namespace) and (self.host, self.boot, self.namespace) == home

    def is_alive(self) -> bool:
        """Whether the process runs and has not let go; to be asked only of one that `is_local`."""
        state, start = _state_and_start(self.pid)
        if state:
            is_it = state not in _DEAD and self.start in (0, start)
            return is_it and (self.pid != os.getpid() or self.nonce in _HELD)
        try:
            os.kill(self.pid, 0)  # some systems hide other people's processes from /proc
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

    def __str__(self) -> str:
        """For people."""
        return f"process {self.pid} on {self.host}"


def mark_held(nonce: str) -> None:
    """Notes that this process holds the claim with a nonce."""
    _HELD.add(nonce)


def mark_released(nonce: str) -> None:
    """Notes that this process does not, whatever the disk says."""
    _HELD.discard(nonce)


@cache
def _home(pid: int) -> tuple[str, str]:  # noqa: ARG001 - a forked child asks again: it may live in another namespace
    try:
        if os.readlink("/proc/self") != str(os.getpid()):  # noqa: PTH115 - it is another namespace's /proc
            return "", ""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return boot, os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - the link is the answer, it leads nowhere
    except OSError:
        return "", ""


def _state_and_start(pid: int) -> tuple[str, int]:
    """A process's state letter and start time; empty and 0 where it is not to be seen."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", 0
    fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
    return (fields[0], int(fields[19])) if len(fields) > 19 else ("", 0)
