"""Runs another program and reads its answer."""

from __future__ import annotations

import subprocess

PATIENCE = 20.0  # seconds; a driver that wakes up, or git on a slow disk, takes some


def answer(*command: str, patience: float = PATIENCE) -> str | None:
    """Returns what a program prints, without surrounding blanks, or None where it is absent, fails or takes too long.

    Args:
        command: the program, found on the `PATH`, and its arguments; no shell sees them.
        patience: seconds after which the program is killed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, capture_output=True, text=True, timeout=patience, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
