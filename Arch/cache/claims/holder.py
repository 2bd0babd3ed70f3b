"""The process that holds a claim, identified among all processes on this and other hosts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

from Arch.cache.fields import Fields

_DEAD = ("Z", "X", "x")  # a zombie has ended and waits to be reaped by its parent
_LARGEST_PID = 2**31 - 1
# A live PID does not mean that the run is still being made: releasing the lease may have failed (disk full). This is a
# global of the process, because a later attempt at the same run shares no object with the earlier one.
_HELD: set[str] = set()


@dataclass(frozen=True)
class Holder:
    """A process that makes a run.

    Attributes:
        host: the machine's name.
        boot: the machine's boot id, empty if the system does not provide it.
        namespace: the PID namespace that `pid` belongs to; containers share a boot id but not this.
        pid: the process's number in that namespace.
        start: when the process started, in clock ticks since the boot, because PIDs are reused; 0 if unknown.
        nonce: random digits that stay the same when a claim is handed from process to process. The process that holds
            the claim marks it (`mark_held`, `mark_released`).
    """

    host: str
    boot: str
    namespace: str
    pid: int
    start: int
    nonce: str

    @classmethod
    def this_process(cls, nonce: str) -> Self:
        """Describes this process."""
        pid = os.getpid()
        _, start = _state_and_start(pid)
        return cls(os.uname().nodename, *_home(pid), pid, start, nonce)

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Reads the holder in a claim; raises CorruptEntryError."""
        return cls(
            host=fields.text("Host"),
            boot=fields.text("Boot"),
            namespace=fields.text("Namespace"),
            pid=fields.integer("Pid", 1, _LARGEST_PID),
            start=fields.count("Start"),
            nonce=fields.text("Nonce"),
        )

    def document(self) -> dict[str, Any]:
        """Returns the JSON object that a claim contains."""
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
        """Whether the holder is on this host and in this PID namespace, so that `is_alive` is exact.

        The host's name is compared, too: copies of a virtual machine share everything else.
        """
        home = (os.uname().nodename, *_home(os.getpid()))
        return bool(self.boot and self.namespace) and (self.host, self.boot, self.namespace) == home

    def is_alive(self) -> bool:
        """Returns whether the process runs and still holds the claim; valid only if `is_local`."""
        state, start = _state_and_start(self.pid)
        if state:
            is_same = state not in _DEAD and self.start in (0, start)
            return is_same and (self.pid != os.getpid() or self.nonce in _HELD)
        try:
            os.kill(self.pid, 0)  # some systems hide the processes of other users from /proc
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

    def __str__(self) -> str:
        """Returns the text for messages."""
        return f"process {self.pid} on {self.host}"


def mark_held(nonce: str) -> None:
    """Records that this process holds the claim with a nonce."""
    _HELD.add(nonce)


def mark_released(nonce: str) -> None:
    """Records that this process no longer holds it, even if its file still says so."""
    _HELD.discard(nonce)


@cache
def _home(pid: int) -> tuple[str, str]:  # noqa: ARG001 - the PID is the cache's key: a forked child may be in another namespace
    try:
        if os.readlink("/proc/self") != str(os.getpid()):  # noqa: PTH115 - then it is the /proc of another namespace
            return "", ""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return boot, os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - the link's text is the answer
    except OSError:
        return "", ""


def _state_and_start(pid: int) -> tuple[str, int]:
    """Reads a process's state letter and start time; returns an empty text and 0 if /proc does not show it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", 0
    fields = stat.rpartition(")")[2].split()  # the name in brackets may contain anything
    return (fields[0], int(fields[19])) if len(fields) > 19 else ("", 0)
