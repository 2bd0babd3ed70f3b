"""What both programs share: a user's mistake ends in one sentence and an exit code, never in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from Arch.cli.console.names import HintStream, is_command
from Arch.errors import ArchError


def guarded(program: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """The program's exit code; 2 for a mistake, 130 when interrupted."""
    sys.stdout, sys.stderr = _prepared(sys.stdout), _prepared(sys.stderr)
    try:
        return _flushed(program(arguments))
    except ArchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; finished runs are kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _silence(sys.stdout)  # the reader (head, less) has gone
        return 141
    except OSError as error:
        # What touches the cache, data or figures is an ArchError by now.
        _silence(sys.stdout)
        where = error.filename or "standard output or the working directory"
        print(f"error: {where}: {(error.strerror or str(error)).lower()}.", file=sys.stderr)
        return 1


def _prepared(stream: TextIO) -> TextIO:
    """Returns a standard stream that fails on no character and names the program as it was started."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.reconfigure(errors="backslashreplace")  # a plain terminal must not fail on a plus-minus sign
    return HintStream.around(stream) if is_command() else stream


def _flushed(code: int) -> int:
    if sys.stdout is not None:  # none where it was closed from the start (`>&-`)
        sys.stdout.flush()
    return code


def _silence(stream: TextIO | None) -> None:
    """Turns a stream away, so that the interpreter does not fail once more when it flushes at exit."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
