"""One experiment on disk: what was asked, and what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from Arch import files
from Arch.cache import agreement, layout, summary
from Arch.cache.attempts.attempt import Attempt
from Arch.cache.attempts.work import Work
from Arch.cache.fields import Fields
from Arch.cache.foreign import note
from Arch.cache.making.writer import RunWriter
from Arch.cache.request import Request
from Arch.cache.runs import finished
from Arch.cache.status import Status, status_of
from Arch.config.names import PLUGINS
from Arch.errors import CacheError, CorruptEntryError
from Arch.types import Result, Run

if TYPE_CHECKING:
    from Arch.cache.claims.heartbeats import Heartbeats
    from Arch.cache.making.lease import Lease


@dataclass(frozen=True)
class Entry:
    """The folder of an experiment, which may not exist yet.

    Runs in it are immutable and complete; everything else is derived from them or about work in hand. Only `open`,
    `take` and `write_run` change anything on disk.

    Attributes:
        path: the folder, named by the experiment's fingerprint.
    """

    path: Path

    @property
    def fingerprint(self) -> str:
        """The experiment's name: 32 hex digits."""
        return self.path.name

    @property
    def exists(self) -> bool:
        """Whether the experiment was ever begun: whether there is a `Config.json`."""
        return files.exists(f"{self.path}/{layout.CONFIG}")

    def document(self) -> Mapping[str, Any]:
        """What `Config.json` holds: `Fingerprint`, `Active`, `Defaults`, `References`, `Title`.

        Raises:
            CacheError: there is no such entry.
            CorruptEntryError: the file is torn, or tells of another experiment than the folder's name.
        """
        path = f"{self.path}/{layout.CONFIG}"
        try:
            document = files.read_json(path)
        except FileNotFoundError:
            raise CacheError(f"nothing is cached in {self.path}: no experiment of this name was begun.") from None
        fields = Fields(document, path)
        for name in ("Active", "Defaults", "References"):
            fields.mapping(name)
        if fields.text("Fingerprint") != self.fingerprint:
            raise CorruptEntryError(
                f"{path} tells of experiment {document['Fingerprint']}, but its folder is named {self.fingerprint}. "
                "If a rehash was interrupted, `main.py rehash --apply` completes it; else give the folder its right "
                f"name, or take it out of the cache: {layout.removal(self.path)}."
            )
        return document

    def check(self, request: Request) -> None:
        """Checks that what is stored here is what is asked for, over the keys that both know.

        Raises:
            ChangedDefaultError: a value differs, because its default is not what it was.
            CacheError: there is no such entry; CorruptEntryError: its `Config.json` is not to be trusted.
        """
        agreement.check(self.path, self.document(), request)

    def open(self, request: Request) -> None:
        """Makes the folder and its `Config.json` unless they are there, then checks them and notes where plugins lie.

        Raises:
            ChangedDefaultError, CorruptEntryError: as `check`.
            DiskError: the cache cannot be written.
        """
        if not self.exists:
            if files.list_folder(layout.runs(self.path)):
                raise CorruptEntryError(
                    f"{self.path} holds runs but no {layout.CONFIG}, so nobody can tell what they are runs of. "
                    f"Restore the file from a copy, or take the folder out of the cache: {layout.removal(self.path)}."
                )
            files.make_folder(self.path)
            files.write_new(self.path / layout.CONFIG, files.json_text(request.document()))
        self.check(request)
        plugins = request.document().get(PLUGINS)
        if plugins is not None and plugins != self.document().get(PLUGINS):  # they may have moved
            note(self, {PLUGINS: plugins})

    def run_indices(self) -> tuple[int, ...]:
        """The indices of the finished runs, in order.

        Raises:
            CorruptEntryError: a run's folder lacks its manifest.
        """
        return finished.indices(self.path)

    def run_folder(self, index: int) -> Path:
        """The folder of a finished run.

        Raises:
            CacheError: there is no such run.
            CorruptEntryError: the folder lacks its manifest, which is written before a run gets its name.
        """
        return finished.folder_of(self.path, index)

    def run(self, index: int) -> Run:
        """A finished run, epoch by epoch; raises as `run_folder` does."""
        return finished.run_of(self.path, index)

    def runs(self) -> tuple[Run, ...]:
        """All finished runs, in order; raises as `run_folder` does."""
        return tuple(self.run(index) for index in self.run_indices())

    def result(self) -> Result:
        """The active values and the scores of all finished runs.

        Raises:
            CacheError: there is no such entry.
            CorruptEntryError: a file that nothing can be derived from is torn.
        """
        try:
            return summary.result_of(self)
        except (CacheError, FileNotFoundError):
            # A run may have been moved away while it was read; what is wrong with the others is so again.
            return self._result_again()

    def weights(self, index: int, which: str) -> Path:
        """The file of a run's weights; `which` is `Last` or `Best`.

        Raises:
            CacheError: there is no such run, or it has no such weights.
            CorruptEntryError: the file is gone or has another size than was written.
        """
        return finished.weights_of(self.path, index, which)

    def status(self, wanted: int, request: Request | None = None) -> Status:
        """How far the entry is from its first `wanted` runs, and whether it is what is requested.

        Whatever is wrong with it is in the status.
        """
        return status_of(self, wanted, request)

    def has_run(self, index: int) -> bool:
        """Whether a run is finished; raises CorruptEntryError as `run_folder` does."""
        return finished.is_there(self.path, index)

    def work(self, index: int) -> Work:
        """What attempts at a run left, whether there were any or not; nothing is read or written."""
        return Work(self.path, index)

    def traces(self) -> tuple[int, ...]:
        """The indices of runs that have traces of work, be they finished or not; raises DiskError."""
        names = {*files.list_folder(layout.work(self.path)), *files.list_folder(layout.claims(self.path))}
        return layout.run_indices(list(names))

    def in_hand(self) -> tuple[Attempt, ...]:
        """How the latest attempts at runs that are not finished stand; raises as `run_indices` does."""
        traces = self.traces()
        finished = self.run_indices() if traces else ()
        return tuple(self.work(index).attempt() for index in traces if index not in finished)

    def take(
        self, index: int, *, device: str = "", heartbeats: Heartbeats | None = None, is_forced: bool = False
    ) -> Lease:
        """Takes the lease of a run, so that nobody else makes it at the same time.

        Args:
            index: which run.
            device: on what it will be made, for people.
            heartbeats: what the caller saw of holders elsewhere; without it they count as alive.
            is_forced: whether a person asked for it, whatever befell earlier attempts.

        Raises:
            RunHeldError: a living process is making it; RunDoneError: it is there.
            CacheError: the entry was not opened; DiskError: the cache cannot be written.
        """
        from Arch.cache.claims.heartbeats import Heartbeats  # threads and clocks: nothing for a cached answer
        from Arch.cache.making.taking import take

        self.require_opened()
        return take(self, index, heartbeats or Heartbeats(), device=device, is_forced=is_forced)

    def write_run(self, index: int, lease: Lease | None = None) -> RunWriter:
        """A context in which a run is put together and committed; nothing happens before it is entered.

        Args:
            index: which run.
            lease: makes the commit fail if another process has taken the run over meanwhile.
        """
        self.require_opened()
        return RunWriter(self, index, lease)

    def require_opened(self) -> None:
        """Raises CacheError unless the entry exists."""
        if not self.exists:
            raise CacheError(f"{self.path} has to be opened with its config before a run is made in it.")

    def _result_again(self) -> Result:
        try:
            return summary.result_of(self)
        except FileNotFoundError as error:
            raise CacheError(f"{self.path} is being moved away. Give the command again.") from error
