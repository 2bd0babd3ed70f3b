"""Starts the two programs, so that Ctrl-C ends them quietly also while they are imported and while Python exits."""

from __future__ import annotations

import importlib
import os
import signal
from types import FrameType
from typing import NoReturn

_INTERRUPTED = 130


def main() -> int:
    """Runs `main.py` on this process's arguments and returns its exit code."""
    return _run("Arch.cli.main")


def figures() -> int:
    """Runs `Plotfigs.py` on this process's arguments and returns its exit code."""
    return _run("Arch.cli.plotfigs")


def _run(module: str) -> int:
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored in the background of a script
        return int(importlib.import_module(module).program())
    signal.signal(signal.SIGINT, _leave)
    program = importlib.import_module(module).program
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = int(program())
    except KeyboardInterrupt:  # in the first or last instant of `program`, which answers it otherwise
        _leave()
    signal.signal(signal.SIGINT, lambda *_: os._exit(code))  # libraries take their time to exit
    return code


def _leave(_number: int = 0, _frame: FrameType | None = None) -> NoReturn:
    """Ends the process at once; nothing is running that would have to be cleaned up."""
    os._exit(_INTERRUPTED)
