"""The command of this process, and other programs and their output."""

from __future__ import annotations

import shlex
import subprocess
import sys

TIMEOUT = 20.0  # seconds; initialising a GPU driver, or git on a slow disk, takes several


def answer(*command: str, seconds: float = TIMEOUT) -> str | None:
    """Returns what a program prints, without surrounding blanks, or None if it is absent, fails or takes too long.

    Args:
        command: the program, found on the `PATH`, and its arguments; they are not passed to a shell.
        seconds: the time after which the program is killed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, capture_output=True, text=True, timeout=seconds, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def given_command() -> str:
    """Returns the command that started this process, as for a shell; with the interpreter's words if code was given."""
    is_file = sys.argv[:1] not in ([], [""], ["-c"], ["-m"])
    return shlex.join(sys.argv if is_file else sys.orig_argv)
