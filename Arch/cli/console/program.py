"""Error handling of both programs: an expected error ends in one sentence and an exit code, never in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TextIO

from Arch.cli.console.names import HintStream, is_command
from Arch.errors import ArchError
from Arch.escaping import escaping


def guarded(program: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Runs a program and returns its exit code: 2 for an ArchError, 130 when interrupted."""
    os.environ["PYTHON_COLORS"] = "0"  # newer Pythons colour help and tracebacks, which the streams would escape
    sys.stdout, sys.stderr = _prepared(sys.stdout), _prepared(sys.stderr, is_for_messages=True)
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


def _prepared(stream: TextIO, *, is_for_messages: bool = False) -> TextIO:
    """Returns a standard stream that writes every character, escapes controls and names the program as started."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # a plus-minus sign must not fail on an ASCII terminal
        stream = HintStream.around(stream) if is_command() else stream
    # None if it was closed before the start (`>&-`)
    return stream if stream is None else escaping(stream, is_for_messages=is_for_messages)


def _flushed(code: int) -> int:
    if sys.stdout is not None:  # None if it was closed before the start (`>&-`)
        sys.stdout.flush()
    return code


def _silence(stream: TextIO | None) -> None:
    """Redirects a stream to /dev/null, so that the interpreter's flush at exit does not fail again."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
