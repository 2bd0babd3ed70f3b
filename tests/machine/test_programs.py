"""The command of this process; the output of another program, or None if it is absent, fails or hangs."""

import sys

import pytest

from Arch.machine.programs import answer, given_command


def test_the_answer_is_what_the_program_prints_without_surrounding_blanks():
    assert answer(sys.executable, "-c", "print(' two\\nlines '); print()") == "two\nlines"


def test_a_program_that_is_absent_fails_or_hangs_has_no_answer():
    assert answer("no-such-program") is None
    assert answer(sys.executable, "-c", "print(1); raise SystemExit(3)") is None
    assert answer(sys.executable, "-c", "import time; time.sleep(60)", seconds=0.2) is None


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
