"""Error handling of both programs: an expected error ends in one sentence and an exit code, never in a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence

from Arch.cli.console.names import HintStream, is_command
from Arch.errors import ArchError
from Arch.escaping import escaping, unescaped
from Arch.machine.standard_streams import SafeStream, make_streams_safe


def guarded(program: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Runs a program and returns its exit code: 2 for an ArchError, 130 when interrupted."""
    os.environ["PYTHON_COLORS"] = "0"  # newer Pythons colour help and tracebacks, which the streams would escape
    _prepare_streams()
    try:
        return _flushed(_exit_code(program, arguments))
    except ArchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; finished runs are kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _silence_output()  # the reading process (head, less) has exited
        return 141
    except OSError as error:
        # Errors of the cache, data and figures are ArchErrors, so this is another file.
        _silence_output()
        where = error.filename or "standard output or the working directory"
        print(f"error: {where}: {(error.strerror or str(error)).lower()}.", file=sys.stderr)
        return 1


def _exit_code(program: Callable[[Sequence[str]], int], arguments: Sequence[str]) -> int:
    """Runs a program and returns its exit code, also where a parser of options ended it."""
    try:
        return program(arguments)
    except SystemExit as end:  # after `--help`, `--version` or a mistake in the options
        if isinstance(end.code, str):
            raise
        return int(end.code or 0)


def ignore_closed_output() -> None:
    """Lets this process continue after an error of its standard output; for verbs that do more than print."""
    if (output := _output()) is not None:
        output.raises = False


def _prepare_streams() -> None:
    """Makes the standard streams safe and escaping; errors of standard output raise until `ignore_closed_output`."""
    make_streams_safe()
    if is_command():
        sys.stdout, sys.stderr = (
            HintStream.around(stream) if type(stream) is SafeStream else stream for stream in (sys.stdout, sys.stderr)
        )
    if (output := _output()) is not None:
        output.raises = True
    sys.stdout, sys.stderr = escaping(sys.stdout), escaping(sys.stderr, is_for_messages=True)


def _output() -> SafeStream | None:
    """Returns the stream behind standard output, or None if it is of another kind."""
    stream = unescaped(sys.stdout)
    return stream if isinstance(stream, SafeStream) else None


def _flushed(code: int) -> int:
    """Flushes standard output, says what was lost of it unless its reader went away, and returns the exit code."""
    sys.stdout.flush()
    output = _output()
    problem = output.problem if output is not None else None
    if problem is not None and problem.errno not in (errno.EPIPE, errno.EIO):
        text = f"error: standard output: {(problem.strerror or str(problem)).lower()}; all else was done."
        print(text, file=sys.stderr)
    return code


def _silence_output() -> None:
    if (output := _output()) is not None:
        output.silence()
