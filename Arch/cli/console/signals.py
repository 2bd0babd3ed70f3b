"""Signal handling: the first SIGINT or SIGTERM requests a checkpoint and the end, the second ends at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Self

_ENDS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
_CHECKPOINTS = (signal.SIGUSR1, signal.SIGUSR2)


@dataclass
class Signals:
    """A context in which signals are handled by callbacks.

    SIGINT and SIGTERM call `stop`, a second one of them calls `kill`; SIGUSR1 and SIGUSR2 call `checkpoint`.

    Attributes:
        code: the exit code of a program that was stopped by a signal, as in shells: 128 plus its number; else 0.
    """

    stop: Callable[[], None]
    kill: Callable[[], None]
    checkpoint: Callable[[], None]
    code: int = 0
    _before: dict[int, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Installs the handlers."""
        for number in (*_ENDS, *_CHECKPOINTS):
            if signal.getsignal(number) is not signal.SIG_IGN:  # ignored under nohup, or in the background of a script
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Restores the earlier handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number in _CHECKPOINTS:
            self.checkpoint()
        elif self.code:
            self.kill()
        else:
            self.code = 128 + number
            # Not print: the signal may have interrupted a print call, and print is not reentrant.
            line = f"\n{_ENDS[signal.Signals(number)]}: checkpointing and stopping; press Ctrl-C again to kill\n"
            os.write(2, line.encode())
            self.stop()
