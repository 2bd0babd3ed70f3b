"""What carries a sweep's workers: this machine, and later others. It only starts, watches and stops them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from Arch.sweep.executors.order import Order
from Arch.sweep.progress import Slot

Request = Literal["stop", "checkpoint"]


@dataclass(frozen=True)
class Ending:
    """How a worker ended.

    Attributes:
        worker: which one, as `start` named it.
        code: its exit code, or None if a signal ended it or nobody can tell.
        signal: the signal that ended it, such as `SIGKILL`; empty if none did.
        is_out_of_memory: whether the system killed it because memory had run out.
        host: on which machine.
    """

    worker: str
    code: int | None
    signal: str = ""
    is_out_of_memory: bool = False
    host: str = ""


class Executor(Protocol):
    """Starts, watches and stops workers; each makes the one run it is told to, in a fresh process.

    Correctness sits in the leases: an executor may lose a worker, or tell late, and nothing but time is lost. If the
    process that owns the executor dies, its workers are asked to stop, or end by themselves when their run is made.
    """

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Where one worker at a time may run; the same as long as the executor lives."""

    def start(self, order: Order, slot: Slot, log: Path) -> str:
        """Starts a worker and names it.

        Args:
            order: what it is told.
            slot: where it runs: it has the slot's environment and threads.
            log: what it says is added to this file.

        Raises:
            TrainingError: it cannot be started.
            DiskError: the log cannot be written.
        """

    def ended(self, seconds: float) -> list[Ending]:
        """The workers that have ended and were not told of before; waits for one, but not much longer than this."""

    def ask(self, worker: str, request: Request) -> None:
        """Asks a worker for a checkpoint, or for a checkpoint and its end; one that has ended hears nothing."""

    def kill(self, worker: str) -> None:
        """Ends a worker at once; `ended` will tell of it."""

    def close(self) -> None:
        """Kills the workers that still run, and lets go of whatever the executor holds."""
