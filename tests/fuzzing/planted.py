"""Programs that break each property in turn, put in the place of the real one by `Command.setup`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from Arch.cli import main


def _instead(program: Callable[[], int]) -> None:
    main.program = program


def nothing(_: Path) -> None:
    """Breaks no property: says a word, and writes below a folder that it may write to."""

    def program() -> int:
        Path("figures").mkdir()
        Path("figures/a.txt").write_text("a")
        sys.stdout.write("a word, \u00e9 and a tab\t\n")
        return 0

    _instead(program)


def escapes(_: Path) -> None:
    """Prints an escape sequence."""
    _instead(lambda: sys.stdout.write("\x1b[31mred") and 0)


def turns(_: Path) -> None:
    """Prints a character that turns the direction of writing."""
    _instead(lambda: sys.stderr.write("\u202ekcab") and 0)


def prints_bytes(_: Path) -> None:
    """Prints bytes that are no UTF-8."""
    _instead(lambda: os.write(1, b"\xff") and 0)


def raises(_: Path) -> None:
    """Raises an exception that no program should raise."""
    _instead(lambda: int("x"))


def logs(_: Path) -> None:
    """Prints a traceback, as a thread does."""
    _instead(lambda: sys.stderr.write("Traceback (most recent call last):\n  x\nKeyError: 1\n") and 0)


def sleeps(_: Path) -> None:
    """Does not end."""
    _instead(lambda: time.sleep(60) or 0)


def dies(_: Path) -> None:
    """Is killed."""
    _instead(lambda: os.kill(os.getpid(), signal.SIGSEGV) or 0)


def takes_memory(_: Path) -> None:
    """Takes more memory than it may."""
    _instead(lambda: len(bytearray(1 << 40)))


def writes_beside(_: Path) -> None:
    """Writes a file beside the folders that it may write to."""
    _instead(lambda: Path("other.txt").write_text("x") and 0)


def writes_natively(_: Path) -> None:
    """Writes a file without an audit event, as code in C does: by a program that the watch permits."""
    _instead(lambda: subprocess.call(["git", "init", "-q", "../beside"]))


def removes(folder: Path) -> None:
    """Removes a file of the canary through a descriptor of its folder."""

    def program() -> int:
        descriptor = os.open(folder / "canary", os.O_RDONLY)
        os.remove("secret.txt", dir_fd=descriptor)
        return 0

    _instead(program)


def reads_through_a_link(folder: Path) -> None:
    """Reads a file of the canary by another name."""

    def program() -> int:
        Path("figures").symlink_to("../canary")
        return Path("figures/secret.txt").read_text() == ""

    _instead(program)


def runs_code(folder: Path) -> None:
    """Runs the code of the canary."""
    source = folder / "canary" / "plugin.py"
    code = compile(source.read_text(), str(source), "exec")
    _instead(lambda: exec(code) or 0)


def starts_a_shell(_: Path) -> None:
    """Starts another program."""
    _instead(lambda: os.system("true"))


def reaches_out(_: Path) -> None:
    """Looks for a host elsewhere."""
    import socket

    def program() -> int:
        try:
            socket.getaddrinfo("example.invalid", 80)
        except OSError:
            return 1
        return 0

    _instead(program)


def says_nothing(_: Path) -> None:
    """Fails and prints nothing."""
    _instead(lambda: 1)


def accepts(_: Path) -> None:
    """Succeeds."""
    _instead(lambda: 0)


def talks(_: Path) -> None:
    """Prints a message of a megabyte."""
    _instead(lambda: sys.stderr.write("x" * (1 << 20)) and 1)
