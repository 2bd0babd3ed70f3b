"""An executor that starts workers on this machine, each as a process in its own session."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.errors import TrainingError
from Arch.machine.cgroups import out_of_memory_kills
from Arch.machine.installation import environment_for_python
from Arch.sweep.executors.executor import Ending, WorkerRequest
from Arch.sweep.executors.job import PARENT, SIGNALS
from Arch.sweep.executors.order import Order
from Arch.sweep.progress import Slot

# -P: files in the working directory must not shadow modules. faulthandler: a crash in C writes a traceback to the log.
COMMAND = (sys.executable, "-P", "-X", "faulthandler", "-m", "Arch.sweep.executors.job")
_PAUSE = 0.02  # seconds between two polls of the workers: short compared with a run, and no measurable load
_SIGNALS: Mapping[WorkerRequest, signal.Signals] = {"stop": signal.SIGTERM, "checkpoint": signal.SIGUSR1}


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    kills_before: int | None
    is_killed: bool = False


class LocalPool:
    """An executor on this machine.

    On Linux, workers get a SIGTERM when the thread that started them ends, so call `start` in the main thread. They
    do not get the terminal's Ctrl-C; `ask` is the only way to stop them or to request a checkpoint.
    """

    def __init__(self, slots: Sequence[Slot], command: Sequence[str] = COMMAND) -> None:
        """Sets the slots and the command of a worker; starts nothing."""
        self._slots = tuple(slots)
        self._command = tuple(command)
        self._workers: dict[str, _Worker] = {}

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots, each for one worker at a time."""
        return self._slots

    def start(self, order: Order, slot: Slot, log: Path) -> str:
        """Starts a worker and returns its name; raises as `Executor.start`."""
        files.make_folder(log.parent)
        output = files.open_to_append(log)
        kills = out_of_memory_kills()
        # Blocked until the worker has installed its handlers: an earlier signal would kill it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            process = subprocess.Popen(  # noqa: S603 - the project's own program
                self._command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=_environment(slot),
                start_new_session=True,
            )
        except OSError as error:
            raise TrainingError(
                f"a worker cannot be started: {str(error).lower()}. Use fewer workers at a time."
            ) from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(output)
        _send(process, order)
        name = str(process.pid)
        self._workers[name] = _Worker(process, kills)
        return name

    def ended(self, seconds: float) -> list[Ending]:
        """Returns the workers that exited since the last call; waits up to `seconds` for one."""
        until = time.monotonic() + seconds
        while True:
            exited = [name for name, worker in self._workers.items() if worker.process.poll() is not None]
            if exited or time.monotonic() >= until:
                return [_ending(name, self._workers.pop(name)) for name in exited]
            time.sleep(_PAUSE)

    def ask(self, worker: str, request: WorkerRequest) -> None:
        """Sends a worker the signal for a checkpoint, or for a checkpoint and its exit."""
        if worker in self._workers:
            self._workers[worker].process.send_signal(_SIGNALS[request])

    def kill(self, worker: str) -> None:
        """Kills a worker and the processes that it started."""
        if worker in self._workers and self._workers[worker].process.poll() is None:
            self._workers[worker].is_killed = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._workers[worker].process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kills the running workers."""
        for name in self._workers:
            self.kill(name)
        for worker in self._workers.values():
            worker.process.wait()
        self._workers.clear()


def _environment(slot: Slot) -> dict[str, str]:
    threads = {} if slot.threads is None else dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(slot.threads))
    return {**environment_for_python(), PARENT: str(os.getpid()), **threads, **slot.environment}


def _send(process: subprocess.Popen[bytes], order: Order) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin:  # if it has exited already, `ended` returns it
            process.stdin.write(order.text().encode())


def _ending(name: str, worker: _Worker) -> Ending:
    code, host = worker.process.returncode, os.uname().nodename
    if code >= 0:
        return Ending(name, code, host=host)
    kills = out_of_memory_kills()
    is_out_of_memory = (
        -code == signal.SIGKILL
        and not worker.is_killed
        and None not in (kills, worker.kills_before)
        and kills != worker.kills_before
    )
    return Ending(name, None, _signal_name(-code), is_out_of_memory, host)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have no names
        return f"signal {number}"
