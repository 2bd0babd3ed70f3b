"""The line of a download: names are escaped, and only the line itself returns to the start of the line."""

import io
import sys

import pytest

from Arch.cli.console.download_line import DownloadLine
from Arch.escaping import escaping


class Stream(io.StringIO):
    def __init__(self, *, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_name_is_shown_escaped(is_terminal, monkeypatch):
    stream = Stream(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stderr", escaping(stream))
    line = DownloadLine(quiet=False)
    line("a\x1b[2J\n", 1, 2)
    line.end()
    assert r"a\x1b[2J\n" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    assert ("\r" in stream.getvalue()) is is_terminal
