"""Workers on this machine: a process each, in a session of its own."""

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
from Arch.machine.installation import INSTALLATION
from Arch.sweep.executors.executor import Ending, Request
from Arch.sweep.executors.job import PARENT, SIGNALS
from Arch.sweep.executors.order import Order
from Arch.sweep.progress import Slot

# -P: what lies in the working directory is no module of ours. faulthandler: a crash in C leaves its place in the log.
COMMAND = (sys.executable, "-P", "-X", "faulthandler", "-m", "Arch.sweep.executors.job")
_PAUSE = 0.02  # seconds between two looks at the workers: small beside a run, and nothing to the processor
_SIGNALS: Mapping[Request, signal.Signals] = {"stop": signal.SIGTERM, "checkpoint": signal.SIGUSR1}


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    kills_before: int | None
    is_killed: bool = False


class LocalPool:
    """An executor on this machine.

    Workers follow the thread that starts them into death (Linux), so it has to be the main thread. They do not hear
    the terminal's Ctrl-C: what they are asked, they are asked by `ask`.
    """

    def __init__(self, slots: Sequence[Slot], command: Sequence[str] = COMMAND) -> None:
        """Takes the places where workers run and the command of one; starts nothing."""
        self._slots = tuple(slots)
        self._command = tuple(command)
        self._workers: dict[str, _Worker] = {}

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Where one worker at a time may run."""
        return self._slots

    def start(self, order: Order, slot: Slot, log: Path) -> str:
        """Starts a worker and names it; raises as `Executor.start` does."""
        files.make_folder(log.parent)
        output = files.open_to_append(log)
        kills = out_of_memory_kills()
        # Signals that come before the worker heeds them have to wait, else they would end it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                self._command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=_environment(slot),
                start_new_session=True,
            )
        except OSError as error:
            raise TrainingError(f"a worker cannot be started: {str(error).lower()}. Use fewer at a time.") from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(output)
        _tell(process, order)
        name = str(process.pid)
        self._workers[name] = _Worker(process, kills)
        return name

    def ended(self, seconds: float) -> list[Ending]:
        """The workers that have ended since the last call; waits for one for so many seconds."""
        until = time.monotonic() + seconds
        while True:
            over = [name for name, worker in self._workers.items() if worker.process.poll() is not None]
            if over or time.monotonic() >= until:
                return [_ending(name, self._workers.pop(name)) for name in over]
            time.sleep(_PAUSE)

    def ask(self, worker: str, request: Request) -> None:
        """Sends a worker the signal for a checkpoint, or for a checkpoint and its end."""
        if worker in self._workers:
            self._workers[worker].process.send_signal(_SIGNALS[request])

    def kill(self, worker: str) -> None:
        """Kills a worker with all that it has started."""
        if worker in self._workers and self._workers[worker].process.poll() is None:
            self._workers[worker].is_killed = True
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._workers[worker].process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Kills the workers that still run."""
        for name in self._workers:
            self.kill(name)
        for worker in self._workers.values():
            worker.process.wait()
        self._workers.clear()


def _environment(slot: Slot) -> dict[str, str]:
    paths = [*INSTALLATION.import_paths, *filter(None, [os.environ.get("PYTHONPATH")])]
    threads = {} if slot.threads is None else dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(slot.threads))
    found = {"PYTHONPATH": os.pathsep.join(paths)} if paths else {}
    return {**os.environ, **found, PARENT: str(os.getpid()), **threads, **slot.environment}


def _tell(process: subprocess.Popen[bytes], order: Order) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError), process.stdin:  # if it died at once, `ended` tells
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
