"""Reads the arrays of MATLAB files with scipy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from Arch import files
from Arch.datasets.access import damaged


def read_matlab(path: Path) -> dict[str, Any]:
    """Reads the variables of a `.mat` file (version 7 or older), keeping axes of length 1.

    Raises:
        DataError: the file is missing or damaged.
    """
    from scipy.io import loadmat  # slow to import, and most datasets do not need it

    try:
        files.require_file(path)
        content: dict[str, Any] = loadmat(path)
    except Exception as error:  # the bytes of the file steer scipy's reader, which may raise anything
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise damaged(path, f"cannot read {path}: {reason}") from error
    return content
