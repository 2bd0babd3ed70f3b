"""The commit of a run: a folder is filled out of sight and becomes a run as a whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from Arch import files
from Arch.cache import failure, layout, manifest, staging, summary
from Arch.cache.records import run_document
from Arch.errors import CacheError
from Arch.types import Run

if TYPE_CHECKING:
    from Arch.cache.entry import Entry


class RunWriter:
    """A run in hand, as a context: files go into `folder`, and `commit` makes them a run.

    Safe without locks: a run gets its name by one rename, which fails where the name is taken, so of two that make the
    same run the first wins and the other's work is discarded. Leaving without `commit` discards the work; leaving with
    an error also writes it down, so that the entry's status can tell.
    """

    def __init__(self, entry: Entry, index: int) -> None:
        """Takes the `entry` and the `index` of the run to be; changes nothing before it is entered."""
        self.entry, self.index = entry, index
        self._work = Path(layout.work(entry.path)) / layout.run_name(index)
        self._staging: staging.Staging | None = None
        self._is_committed = False

    @property
    def folder(self) -> Path:
        """Where the run's files go: `Last.safetensors` and the like.

        Raises:
            CacheError: the context is not entered.
        """
        if self._staging is None:
            raise CacheError(f"run {self.index} has a folder only inside its `with` block.")
        return self._staging.folder

    def __enter__(self) -> Self:
        """Makes the staging folder, and removes what killed processes left of theirs.

        Raises:
            CacheError: the entry was not opened; CacheAccessError: the cache cannot be written.
        """
        if not self.entry.exists:
            raise CacheError(f"{self.entry.path} has to be opened with its config before a run is written.")
        for name in files.list_folder(self._work.parent):
            _at_best(staging.remove_abandoned, self._work.parent / name)
        self._staging = staging.Staging.make(self._work)
        return self

    def commit(self, run: Run) -> bool:
        """Makes the folder a run and says whether it did: not if that run is there already, which then stays.

        Raises:
            CacheError: the run has another index, or holds a number that is not finite.
            CacheAccessError: the cache cannot be written; the run is not there.
        """
        if run.index != self.index:
            raise CacheError(f"run {run.index} cannot be committed as run {self.index} of {self.entry.path}.")
        files.write_synced(self.folder / layout.RUN, files.json_text(run_document(run)))
        manifest.write(self.folder)
        # Here a lease's generation will be compared, so that a worker that lost its lease cannot commit.
        summary.withdraw(self.entry, self.index)
        files.make_folder(layout.runs(self.entry.path))
        is_first = files.rename_new(self.folder, f"{layout.runs(self.entry.path)}/{layout.run_name(self.index)}")
        self._is_committed = True
        _at_best(files.remove, self._work / layout.FAILURE)
        _at_best(summary.refresh, self.entry)
        return is_first

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Removes what is left of the staging folder; an error is written down and goes on its way."""
        # Ctrl-C and the end of the program are no failures of the run.
        if isinstance(error, Exception) and not self._is_committed:
            _at_best(failure.record, self._work, self.index, error)
        if self._staging is not None:
            _at_best(self._staging.discard)
            _at_best(files.remove_empty_folder, self._work)
            _at_best(files.remove_empty_folder, self._work.parent)


def _at_best(function: Callable[..., Any], *arguments: Any) -> None:
    """Does what can be done again later, or derived, so that its failure never hides a run or an error."""
    try:
        function(*arguments)
    except CacheError as problem:
        import logging  # a cached answer must not pay for it

        logging.getLogger(__name__).warning("%s", problem)
