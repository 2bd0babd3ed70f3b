"""The interface of executors, which start, watch and stop the workers of a sweep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from Arch.sweep.executors.order import Order
from Arch.sweep.progress import Slot

WorkerRequest = Literal["stop", "checkpoint"]


@dataclass(frozen=True)
class Ending:
    """The exit of a worker.

    Attributes:
        worker: its name, as returned by `start`.
        code: its exit code, or None if a signal ended it or the code is unknown.
        signal: the signal that ended it, such as `SIGKILL`; empty if none did.
        is_out_of_memory: whether the system killed it because memory had run out.
        host: the machine that it ran on.
    """

    worker: str
    code: int | None
    signal: str = ""
    is_out_of_memory: bool = False
    host: str = ""


class Executor(Protocol):
    """Starts, watches and stops workers; each makes the run of one `Order` in a new process.

    Leases guarantee correctness: if an executor loses a worker or reports its exit late, only time is lost. If the
    process of the executor dies, its workers are asked to stop, or exit after their run.
    """

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots, each for one worker at a time; they do not change."""

    def start(self, order: Order, slot: Slot, log: Path) -> str:
        """Starts a worker and returns its name.

        Args:
            order: the run to make.
            slot: its slot, which defines its environment and threads.
            log: the file that its output is appended to.

        Raises:
            TrainingError: the worker cannot be started.
            DiskError: the log cannot be written.
        """

    def ended(self, seconds: float) -> list[Ending]:
        """Returns the workers that exited since the last call; waits up to about `seconds` for one."""

    def ask(self, worker: str, request: WorkerRequest) -> None:
        """Asks a worker for a checkpoint, or for a checkpoint and its exit; does nothing if it has exited."""

    def kill(self, worker: str) -> None:
        """Kills a worker; `ended` returns it afterwards."""

    def close(self) -> None:
        """Kills the running workers and releases the executor's resources."""
