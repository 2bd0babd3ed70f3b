"""One experiment on disk: its config, its runs and what is derived from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from Arch import files
from Arch.cache import agreement, layout, summary
from Arch.cache.attempts.attempt import Attempt, attempt_at
from Arch.cache.attempts.work import linked
from Arch.cache.claims.heartbeats import Heartbeats
from Arch.cache.folder import EntryFolder
from Arch.cache.making.writer import RunWriter
from Arch.cache.request import Request
from Arch.cache.status import Status, status_of
from Arch.config.names import PLUGINS
from Arch.errors import CacheError, CorruptEntryError, DiskError
from Arch.types import Result

if TYPE_CHECKING:  # threads and logging, which a cached answer must not import
    from Arch.cache.making.lease import Lease


@dataclass(frozen=True)
class Entry(EntryFolder):
    """One experiment on disk, which may not exist yet.

    Runs in it are immutable and complete; everything else is derived from them or belongs to unfinished runs. Only
    `open`, `note`, `take` and `write_run` change anything on disk.
    """

    def check(self, request: Request) -> None:
        """Checks that the stored active values agree with the requested ones, over the keys that both know.

        Raises:
            ChangedDefaultError: a value differs, because its default has changed.
            CacheError: there is no such entry; CorruptEntryError: its `Config.json` is damaged.
        """
        agreement.check(self.path, self.document(), request)

    def open(self, request: Request) -> None:
        """Creates the folder and its `Config.json` unless they exist, checks them, and records the plugins' paths.

        Raises:
            ChangedDefaultError, CorruptEntryError: as `check`.
            DiskError: the cache cannot be written.
        """
        if not self.exists:
            if files.list_folder(layout.runs(self.path)):
                raise CorruptEntryError(
                    f"{self.path} has runs but no {layout.CONFIG}, so it is unknown which experiment they belong to. "
                    f"Restore the file from a copy, or remove the folder from the cache: {layout.removal(self.path)}."
                )
            if files.is_link(self.path):
                raise linked(self.path)
            files.make_folder(self.path)
            files.write_new(self.path / layout.CONFIG, files.json_text(request.document()))
        self.check(request)
        plugins = request.document().get(PLUGINS)
        if plugins is not None and plugins != self.document().get(PLUGINS):  # their files may have been moved
            self.record({PLUGINS: plugins})

    def result(self) -> Result:
        """Returns the active values and the scores of all finished runs.

        Raises:
            CacheError: there is no such entry.
            CorruptEntryError: a damaged file prevents it.
        """
        try:
            return summary.result_of(self)
        except (CacheError, DiskError, FileNotFoundError):
            # A run may have been moved away while it was read. An error of any other cause is raised again.
            return self._result_again()

    def status(self, wanted: int, request: Request | None = None) -> Status:
        """Returns how many of the first `wanted` runs are finished and whether the entry agrees with a request.

        Problems with the entry are part of the status and are not raised.
        """
        return status_of(self, wanted, request)

    def attempts(self) -> tuple[Attempt, ...]:
        """Returns the latest attempt at each unfinished run; raises as `run_indices` does."""
        attempted_runs = self.attempted_runs()
        finished = self.run_indices() if attempted_runs else ()
        return tuple(attempt_at(self.work(index)) for index in attempted_runs if index not in finished)

    def take(
        self, index: int, *, device: str = "", heartbeats: Heartbeats | None = None, is_forced: bool = False
    ) -> Lease:
        """Takes the lease of a run, so that no other process makes it at the same time.

        Args:
            index: the run's index.
            device: the device that the run will be made on, for display.
            heartbeats: the caller's record of holders on other hosts; without it they count as alive.
            is_forced: whether a user requested the attempt in spite of earlier failures.

        Raises:
            RunHeldError: a living process is making the run; RunDoneError: it is finished.
            CacheError: the entry was not opened, or has a link in place of a folder; DiskError: the cache cannot be
                written.
        """
        from Arch.cache.making.taking import take  # threads and logging, which a cached answer must not import

        self.require_opened()
        self.work(index).require_own()
        return take(self, index, heartbeats or Heartbeats(), device=device, is_forced=is_forced)

    def write_run(self, index: int, lease: Lease | None = None) -> RunWriter:
        """Returns a context in which a run is written and committed; entering it is the first change on disk.

        Args:
            index: the run's index.
            lease: makes the commit fail if another process has taken the run over.
        """
        self.require_opened()
        return RunWriter(self, index, lease)

    def _result_again(self) -> Result:
        try:
            return summary.result_of(self)
        except FileNotFoundError as error:
            raise CacheError(f"{self.path} is being moved away. Give the command again.") from error
