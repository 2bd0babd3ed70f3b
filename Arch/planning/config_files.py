"""Finds the config files below a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from Arch.cache.layout import is_fingerprint
from Arch.errors import ConfigError


def config_files(folder: Path) -> list[Path]:
    """Returns every `.json` file below a folder, sorted, without those in cache entries and in hidden folders.

    Raises:
        ConfigError: there is no such file, or a folder cannot be read.
    """
    return [Path(path) for path in config_names(folder)]


def config_names(folder: Path | str) -> list[str]:
    """Does the same as `config_files` with strings: ten thousand Path objects take as long as reading the files."""
    found: list[str] = []
    for where, folders, names in os.walk(folder, onerror=_refuse_folder):
        folders[:] = [name for name in folders if not (is_fingerprint(name) or name.startswith("."))]
        found += [
            os.path.normpath(os.path.join(where, name))  # noqa: PTH118
            for name in names
            if name.endswith(".json")
        ]
    if not found:
        raise ConfigError(f"{folder}: expected a folder with config files (*.json) in it, found none.")
    return sorted(found)


def _refuse_folder(problem: OSError) -> NoReturn:
    raise ConfigError(f"{problem.filename}: the folder cannot be read: {problem.strerror}.") from problem
