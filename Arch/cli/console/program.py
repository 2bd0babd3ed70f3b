"""Error handling of both programs: an expected error ends in one sentence and an exit code, never in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from Arch.cli.console.names import HintStream, is_command
from Arch.errors import ArchError


def guarded(program: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Runs a program and returns its exit code: 2 for an ArchError, 130 when interrupted."""
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
        _silence(sys.stdout)  # the reading process (head, less) has exited
        return 141
    except OSError as error:
        # Errors of the cache, data and figures are ArchErrors, so this is another file.
        _silence(sys.stdout)
        where = error.filename or "standard output or the working directory"
        print(f"error: {where}: {(error.strerror or str(error)).lower()}.", file=sys.stderr)
        return 1


def _prepared(stream: TextIO) -> TextIO:
    """Returns a standard stream that can write every character and names the program as it was started."""
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.reconfigure(errors="backslashreplace")  # a plus-minus sign must not fail on an ASCII terminal
    return HintStream.around(stream) if is_command() else stream


def _flushed(code: int) -> int:
    if sys.stdout is not None:  # None if it was closed before the start (`>&-`)
        sys.stdout.flush()
    return code


def _silence(stream: TextIO | None) -> None:
    """Redirects a stream to /dev/null, so that the interpreter's flush at exit does not fail again."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
