"""The command of this process. Oracle: the words, quoted as for a shell."""

import sys

import pytest

from Arch.machine.command import given_command


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["main.py", "-c", "my config.json"], "main.py -c 'my config.json'"),
        (["-c", "two"], "python -c 'import Arch' two"),
        ([""], "python -c 'import Arch' two"),
        ([], "python -c 'import Arch' two"),
    ],
    ids=["file", "code", "interactive", "none"],
)
def test_the_given_command_is_that_of_a_shell(words, command, monkeypatch):
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-c", "import Arch", "two"])
    assert given_command() == command
