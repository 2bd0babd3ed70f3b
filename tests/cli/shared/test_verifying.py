"""The line that counts verified experiments on a terminal."""

import io
import sys

from Arch.cli.shared.verifying import Verifier
from Arch.escaping import escaping
from tests.cached_runs import TEACHER, commit, opened, workspace  # noqa: F401 - fixtures


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_line_moves_the_cursor_itself(commit, workspace, monkeypatch):  # noqa: F811
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", escaping(terminal))
    verify = Verifier(workspace.store.root, 1, quiet=False)
    verify(commit(TEACHER))
    verify.summary()
    assert terminal.getvalue().startswith("\r0 of 1 experiments, ")
    assert terminal.getvalue().endswith(" \r")
    assert "\\" not in terminal.getvalue()
