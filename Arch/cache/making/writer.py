"""Commits a run: a staged folder is filled and then becomes the run by one rename, or is discarded."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from Arch import files
from Arch.cache import layout, summary
from Arch.cache.folder import EntryFolder
from Arch.cache.making.best_effort import best_effort
from Arch.cache.runs import manifest
from Arch.cache.runs.records import run_document
from Arch.errors import CacheError
from Arch.types import Run

if TYPE_CHECKING:  # imports threading and logging, which take time when results are only read
    from Arch.cache.making.lease import Lease


class RunWriter:
    """A context in which files are written into `folder` and `commit` makes them a run.

    Safe without locks: a run gets its name by one rename, which fails if the name is taken. So if two processes make
    the same run, the first commit wins and the other process's files are discarded. Leaving without `commit` discards
    the files.
    """

    def __init__(self, entry: EntryFolder, index: int, lease: Lease | None = None) -> None:
        """Takes the `entry`, the `index` of the run and the lease on it; changes nothing before it is entered."""
        self.entry, self.index = entry, index
        self._lease = lease
        self._work = entry.work(index)
        self._staging: files.StagedFolder | None = None

    @property
    def folder(self) -> Path:
        """The folder to write the run's files into: `Last.safetensors` and the like.

        Raises:
            CacheError: the context is not entered.
        """
        if self._staging is None:
            raise CacheError(f"run {self.index} has a folder only inside its `with` block.")
        return self._staging.path

    def __enter__(self) -> Self:
        """Creates the staged folder, and removes the leftovers of killed processes in the entry.

        Raises:
            DiskError: the cache cannot be written.
        """
        best_effort(_tidy, self.entry)
        self._staging = files.StagedFolder.create(self._work.folder, layout.STAGING)
        return self

    def commit(self, run: Run) -> bool:
        """Renames the folder to a run and returns whether it did: an existing run of this index stays.

        Raises:
            CacheError: the run has another index, or holds a number that is not finite.
            LeaseLostError: another process has taken the run over.
            DiskError: the cache cannot be written; the run is not committed.
        """
        if run.index != self.index:
            raise CacheError(f"run {run.index} cannot be committed as run {self.index} of {self.entry.path}.")
        files.write_synced(self.folder / layout.RUN, files.json_text(run_document(run)))
        manifest.write(self.folder)
        summary.withdraw(self.entry, self.index)
        files.make_folder(layout.runs(self.entry.path))
        if self._lease is not None:
            self._lease.check()
        is_first = files.rename_new(self.folder, f"{layout.runs(self.entry.path)}/{layout.run_name(self.index)}")
        if self._lease is not None:
            self._lease.mark_committed()
        finish(self.entry, self.index)
        return is_first

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Removes the staged folder unless it was committed; an error is passed on."""
        if (
            self._staging is not None and self._staging.lock.is_own
        ):  # a forked child also leaves this context, and must not remove it
            best_effort(self._staging.discard)
            best_effort(files.remove_empty_folder, self._work.folder)
            best_effort(files.remove_empty_folder, self._work.folder.parent)


def finish(entry: EntryFolder, index: int) -> None:
    """Updates the summary after a commit and removes the work and claim folders, and ignores disk errors."""
    best_effort(summary.refresh, entry)
    best_effort(entry.work(index).clear)


def _tidy(entry: EntryFolder) -> None:
    for index in entry.attempted_runs():
        best_effort(_tidy_run, entry, index)


def _tidy_run(entry: EntryFolder, index: int) -> None:
    if entry.has_run(index):
        finish(entry, index)
    else:
        entry.work(index).remove_abandoned()
