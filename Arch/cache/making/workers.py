"""Finds the living processes that are making runs, so that nothing that they use is removed."""

from __future__ import annotations

import errno
from pathlib import Path

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.work import Work
from Arch.cache.folder import EntryFolder
from Arch.cache.runs import finished
from Arch.errors import DiskError, NotAFileError


def workers(entry: Path, run: int | None = None) -> tuple[str, ...]:
    """Describes in a clause each process that is making a run in an entry's folder, or one of the runs.

    Processes whose run is committed do not count. Raises DiskError.
    """
    runs = (run,) if run is not None else _attempted_runs(entry)
    found = (_worker(Work(entry, index)) for index in runs)
    return tuple(worker for worker in found if worker)


def _attempted_runs(entry: Path) -> tuple[int, ...]:
    try:
        return EntryFolder(entry).attempted_runs()
    except DiskError as error:
        if error.errno == errno.ENOTDIR:  # a file stands in place of the folder, in which no process can work then
            return ()
        raise


def _worker(work: Work) -> str:
    if finished.is_committed(work.entry, work.index):
        return ""
    try:
        claim = next(work.claims_backwards(), None)
    except NotAFileError:  # no living process has written that
        claim = None
    if claim is not None and claim.seems_held():
        return f"{claim.holder} has been making run {work.index} since {claim.since}"
    if not all(map(files.is_abandoned, files.staged_folders(work.folder, layout.STAGING))):
        return f"a living process is making run {work.index}"
    return ""
