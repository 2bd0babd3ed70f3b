"""Standard streams that never fail a program: not when a reader has gone, a disk is full, or a terminal was closed.

A progress line that cannot be written is no reason to lose a training. Programs therefore write through `SafeStream`.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Any, Self, TextIO


class SafeStream(io.TextIOWrapper):
    """A standard stream that discards all further text after the first error, instead of raising it.

    Attributes:
        raises: whether errors are raised nevertheless: where the text is all that a program does.
        problem: the first error that was not raised, or None.
    """

    raises: bool = False
    problem: OSError | None = None

    @classmethod
    def around(cls, stream: io.TextIOWrapper) -> Self:
        """Takes over a standard stream; the old object must not be used afterwards."""
        shape: dict[str, Any] = {"encoding": stream.encoding, "errors": stream.errors}
        shape |= {"line_buffering": stream.line_buffering, "write_through": stream.write_through}
        return cls(stream.detach(), **shape)

    def write(self, text: str) -> int:
        """Writes a text; returns its length, also if it was discarded."""
        try:
            return super().write(text)
        except OSError as error:
            self._discard(error)
        return len(text)

    def flush(self) -> None:
        """Flushes what is buffered."""
        try:
            super().flush()
        except OSError as error:
            self._discard(error)

    def silence(self) -> None:
        """Redirects the descriptor to the null device, so that neither this nor another flush fails again."""
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self.fileno())
        os.close(null)
        super().flush()

    def _discard(self, error: OSError) -> None:
        if self.raises:
            raise error
        self.problem = self.problem or error
        if error.errno != errno.EAGAIN:  # a full pipe that does not block may have room again for the next line
            self.silence()


def open_missing_descriptors() -> None:
    """Opens the null device for each standard descriptor that was closed before the start (`>&-`).

    Otherwise the next file that is opened gets its number: output of C libraries and of signal handlers, which write to
    descriptors 1 and 2, would end up in a file of the cache.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)


def safe_stream(stream: TextIO | None, number: int) -> TextIO:
    """Returns a stream for standard descriptor `number` that writes every character and never fails.

    A stream of another kind, such as that of a notebook, is returned as it is.
    """
    if stream is None:
        return SafeStream(open(number, "wb", closefd=False), errors="backslashreplace", line_buffering=True)
    if isinstance(stream, SafeStream) or not isinstance(stream, io.TextIOWrapper) or not _is_of(stream, number):
        return stream
    stream.reconfigure(errors="backslashreplace")  # a plus-minus sign must not fail on an ASCII terminal
    return SafeStream.around(stream)


def write_to_descriptor(number: int, text: str) -> None:
    """Writes a text to a descriptor at once, past all buffers; whatever prevents it is ignored."""
    with contextlib.suppress(OSError):
        os.write(number, text.encode(errors="backslashreplace"))


def make_streams_safe() -> None:
    """Replaces standard output and standard error of this process by streams that never fail."""
    open_missing_descriptors()
    sys.stdout, sys.stderr = safe_stream(sys.stdout, 1), safe_stream(sys.stderr, 2)


def _is_of(stream: io.TextIOWrapper, number: int) -> bool:
    try:
        return stream.fileno() == number
    except (OSError, ValueError):  # a stream in memory
        return False
