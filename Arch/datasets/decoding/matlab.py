"""MATLAB's files of arrays, as scipy reads them."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from Arch.errors import DataError


def read_matlab(path: Path) -> dict[str, Any]:
    """The variables of a `.mat` file (version 7 or older), axes of length 1 kept.

    Raises:
        DataError: it is missing or damaged.
    """
    from scipy.io import loadmat  # takes a moment to import: only who wants such data pays
    from scipy.io.matlab import MatReadError

    try:
        content: dict[str, Any] = loadmat(path)
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read {path}: {reason}. Replace it by an undamaged copy.", path) from error
    return content
