"""Signal handling: the first SIGINT, SIGTERM or SIGHUP asks for a checkpoint and the end, another one ends at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Self

from Arch.machine.standard_streams import write_to_descriptor

STOPPING = "checkpointing and stopping; press Ctrl-C again to kill"
_ENDS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}
_CHECKPOINTS = (signal.SIGUSR1, signal.SIGUSR2)
_OVER = b"\0"  # no signal has this number
_SHOW_CURSOR = "\x1b[?25h"  # which a live display hides


def say(line: str) -> None:
    """Writes a line to standard error, also in a signal handler: print is not reentrant."""
    write_to_descriptor(2, f"\n{line}\n")


@dataclass
class Signals:
    """A context in which signals are handled by callbacks; for the main thread.

    SIGINT, SIGTERM and SIGHUP call `stop`; a further SIGINT or SIGTERM calls `kill`, and ends the process if the
    context is still entered after `grace` seconds. A further SIGHUP is ignored, since a closed terminal sends several.
    SIGUSR1 and SIGUSR2 call `checkpoint`. A signal that was ignored before (nohup, a script's background) stays so.

    A thread, which the system wakes, writes the answer to the user, so that it appears even while the main thread
    computes outside of Python.

    Attributes:
        stop: asks for the end.
        kill: ends at once; may raise KeyboardInterrupt.
        checkpoint: asks for a checkpoint.
        words: returns what the first signal leads to, for the user.
        tell: writes a line for the user; called by the thread.
        grace: seconds between a second signal and the end of the process by force.
        code: the exit code of a program that was stopped by a signal, as in shells: 128 plus its number; else 0.
    """

    stop: Callable[[], None]
    kill: Callable[[], None]
    checkpoint: Callable[[], None]
    words: Callable[[], str] = lambda: STOPPING
    tell: Callable[[str], None] = say
    grace: float = 5.0
    code: int = 0
    _before: dict[int, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Starts the thread and installs the handlers."""
        self._is_left = threading.Event()
        self._awaken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._thread = threading.Thread(target=self._answer, name="signals", daemon=True)
        self._thread.start()
        self._wake_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for number in (*_ENDS, *_CHECKPOINTS):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Restores the earlier handlers and ends the thread, after it has answered."""
        self._is_left.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wake_before)
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, _OVER)
        self._thread.join(timeout=1.0)
        os.close(self._wake)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number in _CHECKPOINTS:
            self.checkpoint()
        elif not self.code:
            self.code = 128 + number
            self.stop()
        elif number != signal.SIGHUP:
            self.kill()

    def _answer(self) -> None:
        """Writes a line for each signal that ends something; runs in the thread."""
        with os.fdopen(self._awaken, "rb", buffering=0) as signals:
            first = 0
            while (byte := signals.read(1)) and byte != _OVER:
                number = byte[0]
                if number not in self._before or number not in _ENDS:
                    continue
                name = _ENDS[signal.Signals(number)]
                if not first:
                    first = number
                    self.tell(f"{name}: {self.words()}")
                elif number != signal.SIGHUP:
                    self.tell(f"{name}: stopping at once; the same command continues from the last checkpoints")
                    self._end_by_force(128 + first)

    def _end_by_force(self, code: int) -> None:
        """Ends the process if the main thread does not: it may wait for a disk that does not answer."""
        if not self._is_left.wait(self.grace):
            if sys.stderr.isatty():
                write_to_descriptor(2, _SHOW_CURSOR)
            os._exit(code)
