"""Finds the config files below a folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from Arch import files
from Arch.cache.layout import is_fingerprint
from Arch.errors import ConfigError, DiskError, NotAFileError


def config_files(folder: Path) -> list[Path]:
    """Returns every `.json` file below a folder, sorted, without those in cache entries and in hidden folders.

    A named pipe, socket or device of such a name is passed over with a warning.

    Raises:
        ConfigError: there is no such file, or a folder cannot be read.
    """
    return [Path(path) for path in config_names(folder)]


def config_names(folder: Path | str) -> list[str]:
    """Does the same as `config_files` with strings: ten thousand Path objects take as long as reading the files."""
    found = sorted(name.removeprefix(f".{os.sep}") for name in _names_below(os.path.normpath(folder)))
    if not found:
        raise ConfigError(f"{folder}: expected a folder with config files (*.json) in it, found none.")
    return found


def _names_below(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as listed:
            below = list(listed)
    except OSError as problem:
        raise ConfigError(f"{problem.filename}: the folder cannot be read: {problem.strerror}.") from problem
    for each in below:
        if each.is_dir():
            is_passed = is_fingerprint(each.name) or each.name.startswith(".") or each.is_symlink()
            yield from () if is_passed else _names_below(each.path)
        elif each.name.endswith(".json") and (each.is_file() or not _is_special(each)):
            yield each.path


def _is_special(found: os.DirEntry[str]) -> bool:
    """Returns whether a path is neither file nor folder; a link that leads nowhere is left to its reader."""
    try:
        files.require_file(found.path)
    except NotAFileError as problem:
        logging.getLogger(__name__).warning("passed over: %s", problem)
        return True
    except (FileNotFoundError, DiskError):
        return False
    return False
