"""Checks the installation, the machine and the cache without changing anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from Arch.errors import ArchError, DiskError
from Arch.machine.installation import INSTALLATION
from Arch.planning.workspace import Workspace, folder_at
from Arch.upkeep.doctor.cache import check_cache
from Arch.upkeep.doctor.disk import check_cache_folder, check_data_folder
from Arch.upkeep.doctor.finding import Finding, ok, problem
from Arch.upkeep.doctor.machine import check_code, check_cores, check_gpus, check_installation, check_packages


def examine(cache: Path | None, data: Path | None) -> Iterator[Finding]:
    """Yields the findings of every check.

    Args:
        cache: the cache folder, by default `INSTALLATION.cache`.
        data: the folder of the datasets, by default `INSTALLATION.data`.
    """
    yield from check_packages(INSTALLATION.files / "requirements.txt")
    yield check_installation(INSTALLATION)
    if INSTALLATION.repository is not None:
        yield check_code(INSTALLATION.repository)
    yield check_gpus(os.environ)
    yield check_cores(os.environ)
    root = folder_at(cache or INSTALLATION.cache)
    yield from _guarded("cache folder", check_cache_folder(root))
    yield check_data_folder(folder_at(data or INSTALLATION.data))
    try:
        workspace = Workspace.at(cache, data)
    except DiskError:
        return  # reported by the check of the folder
    except ArchError as error:
        yield problem("rules", str(error), "correct the rules file: nothing can run before")
        return
    yield ok("rules", f"{workspace.resolver.rules.path}: {len(workspace.resolver.rules.keys)} keys")
    yield from _guarded("cache", check_cache(workspace, time.time()))


def _guarded(name: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yields the findings, and the DiskError that ended them, if any."""
    try:
        yield from findings
    except DiskError as error:
        yield problem(name, str(error), "make the cache readable")
