"""Errors for data that cannot be read or are damaged, and for folders that cannot be written."""

from __future__ import annotations

from pathlib import Path

from Arch.errors import DataError

ANOTHER_FOLDER = "Change its mode, or use another data folder."


def reason_of(error: OSError) -> str:
    """Returns the operating system's reason, without the path that `str(error)` contains."""
    return (error.strerror or str(error)).lower()


def unreadable(path: Path, error: OSError, advice: str = "Check DataPath and who may read there.") -> DataError:
    """Returns the error for a file or folder that cannot be read."""
    return DataError(f"cannot read {path}: {reason_of(error)}. {advice}", path)


def damaged(path: Path, problem: str) -> DataError:
    """Returns the error for a file whose content is damaged or of another format; `problem` names the file."""
    return DataError(f"{problem.rstrip('.')}. Replace it by an undamaged copy.", path)


def unwritable(path: Path, error: OSError, what: str = "") -> DataError:
    """Returns the error for a file or folder that cannot be written; `what` is put before its path in the message."""
    return DataError(
        f"cannot write {what}{path}: {reason_of(error)}. Free some space, change its mode, or use another data folder.",
        path,
    )
