"""Verifies experiments for `verify` and `rm --corrupt`, and shows how far it is."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from Arch.cache.entry import Entry
from Arch.escaping import unescaped
from Arch.units import size_text
from Arch.upkeep.verify import Verification, verify

_PAUSE_SECONDS = 0.2
_WIDTH = 79


class Verifier:
    """Verifies one experiment after the other, with a line on standard error that counts them if that is a terminal.

    Attributes:
        runs: the number of runs that were read.
        size: the number of bytes that were read.
    """

    def __init__(self, root: Path, experiments: int, *, quiet: bool) -> None:
        """Takes the cache and the number of experiments in it; shows no line if `quiet`."""
        self.runs, self.size = 0, 0
        self._root, self._experiments, self._done, self._shown = root, experiments, 0, 0.0
        self._shows = sys.stderr.isatty() and not quiet

    def __call__(self, entry: Entry) -> Verification:
        """Returns the verification of an experiment; raises as `verify`."""
        now = time.monotonic()
        if self._shows and now - self._shown >= _PAUSE_SECONDS:
            self._shown = now
            self._print(f"{self._done} of {self._experiments} experiments, {size_text(self.size)} read")
        found = verify(entry)
        self._done += 1
        self.runs, self.size = self.runs + found.runs, self.size + found.size
        return found

    def summary(self) -> str:
        """Returns what was read, and clears the line."""
        if self._shown:
            self._print("")
        return f"{self.runs} runs of {self._experiments} experiments in {self._root}, {size_text(self.size)} read"

    def _print(self, text: str) -> None:
        print(f"\r{text:<{_WIDTH}}\r", end="", file=unescaped(sys.stderr), flush=True)
