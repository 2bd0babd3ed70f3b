"""The files that attempts at an unfinished run leave on disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts import epochs, failure, progress
from Arch.cache.attempts.checkpoints import Checkpoints
from Arch.cache.attempts.failure import Failure
from Arch.cache.attempts.progress import Progress
from Arch.cache.claims.claim import Claim, claims_backwards
from Arch.errors import CacheError
from Arch.types import Epoch


@dataclass(frozen=True)
class Work:
    """The work and claim folders of a run.

    Attributes:
        entry: the entry's folder.
        index: the run's index.
    """

    entry: Path
    index: int

    @property
    def folder(self) -> Path:
        """The folder of checkpoints, log, progress and failure."""
        return Path(layout.work(self.entry)) / layout.run_name(self.index)

    @property
    def claims_folder(self) -> str:
        """The folder of the claims."""
        return f"{layout.claims(self.entry)}/{layout.run_name(self.index)}"

    @property
    def log(self) -> Path:
        """The log of all attempts."""
        return self.folder / layout.LOG

    @property
    def events(self) -> Path:
        """The folder of TensorBoard events."""
        return self.folder / layout.EVENTS

    @property
    def checkpoints(self) -> Checkpoints:
        """The checkpoints to resume from."""
        return Checkpoints(self.folder)

    def claims(self) -> tuple[Claim, ...]:
        """Reads the claims of all attempts in order; raises DiskError."""
        return tuple(self.claims_backwards())[::-1]

    def claims_backwards(self) -> Iterator[Claim]:
        """Reads the claims of all attempts, the latest first; raises DiskError."""
        return claims_backwards(self.claims_folder)

    def progress(self) -> Progress | None:
        """Reads how far the run has come, or returns None if there is no record that can be read."""
        return progress.read(self.folder)

    def save_progress(self, reached: Progress) -> None:
        """Records how far the run has come. Raises DiskError."""
        files.make_folder(self.folder)
        progress.save(self.folder, reached)

    def epochs(self) -> tuple[Epoch, ...]:
        """Reads the finished epochs of the run, as far as they are recorded; raises DiskError."""
        return epochs.read(self.folder)

    def append_epoch(self, epoch: Epoch) -> None:
        """Records a finished epoch. Raises DiskError, and CacheError if it has a number that is not finite."""
        epochs.append(self.folder, epoch)

    def rewrite_epochs(self, done: Iterable[Epoch]) -> None:
        """Records these epochs in place of those that are recorded. Raises as `append_epoch`."""
        epochs.rewrite(self.folder, done)

    def failure(self) -> Failure | None:
        """Reads the last failure, or returns None; raises DiskError."""
        return failure.read(self.folder, self.index)

    def record_failure(self, record: Failure) -> None:
        """Records why an attempt failed. Raises DiskError."""
        failure.save(self.folder, record)

    def write_log(self, line: str) -> None:
        """Appends a line to the log. Raises DiskError."""
        files.make_folder(self.folder)
        files.append(self.log, f"{line}\n")

    def log_tail(self, lines: int) -> str:
        """Returns the last lines of the log, an empty text if there is none; raises DiskError."""
        try:
            text = files.read_end(self.log, 400 * lines).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def require_own(self) -> None:
        """Checks that no folder of the run is a link: what lies behind one is not this cache's to fill and to clear.

        Raises:
            CacheError: one is; DiskError: it cannot be looked at.
        """
        for path in (
            self.entry,
            layout.runs(self.entry),
            layout.work(self.entry),
            self.folder,
            layout.claims(self.entry),
        ):
            if files.is_link(path):
                raise linked(path)

    def remove_abandoned(self) -> None:
        """Removes the staged folders of dead processes, then the work folder if it is empty. Raises DiskError."""
        if self._is_elsewhere():
            return
        for folder in files.staged_folders(self.folder, layout.STAGING):
            files.remove_if_abandoned(folder)
        files.remove_empty_folder(self.folder)

    def clear(self) -> None:
        """Removes the work and claim folders of a committed run, except the staged folders of living processes.

        What lies behind a link stays.

        Raises:
            DiskError: something cannot be removed.
        """
        for name in () if self._is_elsewhere() else files.list_folder(self.folder):
            if not name.startswith(layout.STAGING):
                files.remove_tree(self.folder / name)
        self.remove_abandoned()
        if files.is_link(self.entry):
            return
        if not files.is_link(layout.claims(self.entry)):
            files.remove_tree(self.claims_folder)
        for folder in (layout.work(self.entry), layout.claims(self.entry)):
            if not files.is_link(folder):
                files.remove_empty_folder(folder)

    def _is_elsewhere(self) -> bool:
        """Returns whether the work folder is reached through a link, so that nothing in it may be removed."""
        return any(files.is_link(path) for path in (self.entry, layout.work(self.entry), self.folder))


def linked(path: Path | str) -> CacheError:
    """Returns the error for a folder of an entry that is a link, into which nothing may be written."""
    return CacheError(
        f"{path} is a link to {files.target_of(path)}, into which nothing is written. Work in that folder's own cache, "
        "or remove the link."
    )
