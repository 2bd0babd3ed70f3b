"""Ctrl-C and its kin: the first asks for a checkpoint and the end, the second ends at once."""

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
    """A context in which signals are asked for instead of suffered.

    SIGINT and SIGTERM ask to `stop`, a second one of them to `kill`; SIGUSR1 and SIGUSR2 ask for a `checkpoint`.

    Attributes:
        code: what the program is to exit with if it was asked to stop, as shells have it: 128 and the signal; else 0.
    """

    stop: Callable[[], None]
    kill: Callable[[], None]
    checkpoint: Callable[[], None]
    code: int = 0
    _before: dict[int, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Heeds the signals."""
        for number in (*_ENDS, *_CHECKPOINTS):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup, or in the background of a script
                self._before[number] = signal.signal(number, self._heed)
        return self

    def __exit__(self, *_: object) -> None:
        """Leaves the signals as they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _heed(self, number: int, _frame: FrameType | None) -> None:
        if number in _CHECKPOINTS:
            self.checkpoint()
        elif self.code:
            self.kill()
        else:
            self.code = 128 + number
            # `print` may be at work in the very program that is interrupted, and does not bear being called in itself.
            word = f"\n{_ENDS[signal.Signals(number)]}: checkpointing and stopping; press Ctrl-C again to kill\n"
            os.write(2, word.encode())
            self.stop()
