"""Runs another program and returns its output."""

from __future__ import annotations

import subprocess

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
