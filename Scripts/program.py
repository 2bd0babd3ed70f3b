"""What both programs share: a user's mistake ends in one sentence and an exit code, never in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence

from Arch.errors import ArchError


def guarded(program: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """The program's exit code; 2 for a mistake, 130 when interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a plain terminal must not fail on a plus-minus sign
    try:
        return _flushed(program(arguments))
    except ArchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; finished runs are kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has gone; the interpreter must not fail once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _flushed(code: int) -> int:
    sys.stdout.flush()
    return code
