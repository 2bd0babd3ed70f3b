"""Progress of a download: one line that changes on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import sys
import time

from Arch.escaping import printable, unescaped
from Arch.units import size_text

_PAUSE_SECONDS = 0.2
_WIDTH = 100


class DownloadLine:
    """Prints the progress of downloading, verifying and unpacking on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        """Prints nothing if `quiet`."""
        self._is_quiet, self._is_terminal = quiet, sys.stderr.isatty()
        self._name, self._began, self._first, self._shown = "", 0.0, 0, 0.0

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """Takes a step's name, its bytes done, and its total bytes if known."""
        now, name = time.monotonic(), printable(name)
        if name != self._name:
            self.end()
            self._name, self._began, self._first, self._shown = name, now, done, 0.0
            if not self._is_terminal:
                self._print(f"{name}{f' ({size_text(total)})' if total else ''}\n")
        if self._is_terminal and now - self._shown >= _PAUSE_SECONDS:
            self._shown = now
            self._print(f"\r{self._text(done, total, now):<{_WIDTH}}")

    def end(self) -> None:
        """Clears the line."""
        if self._name and self._is_terminal:
            self._print(f"\r{'':<{_WIDTH}}\r")
        self._name = ""

    def _text(self, done: int, total: int | None, now: float) -> str:
        if not done:
            return self._name
        share = f" of {size_text(total)} ({100 * done // total} %)" if total else ""
        speed = (done - self._first) / max(now - self._began, 1e-3)
        return f"{self._name}: {size_text(done)}{share}, {size_text(int(speed))}/s"[:_WIDTH]

    def _print(self, text: str) -> None:
        if not self._is_quiet:
            print(text, end="", file=unescaped(sys.stderr), flush=True)  # it returns to the start of the line
