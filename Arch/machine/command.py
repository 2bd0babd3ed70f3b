"""The command that started this process."""

from __future__ import annotations

import sys


def given_command() -> str:
    """Returns the command that started this process, as for a shell; with the interpreter's words if code was given."""
    import shlex  # a cached answer must not pay for this import

    is_file = sys.argv[:1] not in ([], [""], ["-c"], ["-m"])
    return shlex.join(sys.argv if is_file else sys.orig_argv)
