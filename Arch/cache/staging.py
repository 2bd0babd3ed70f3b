"""Folders of work in hand, each with a hold beside it that tells whether its maker lives."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.errors import CacheAccessError

_PREFIX, _HOLD = "staging-", ".hold"


@dataclass(frozen=True)
class Staging:
    """A folder of work in hand.

    Attributes:
        folder: where the work goes.
        descriptor: of the hold.
    """

    folder: Path
    descriptor: int

    @classmethod
    def make(cls, work: Path) -> Staging:
        """A fresh folder in a run's `work` folder, which is made if it is absent. Raises CacheAccessError."""
        folder = work / f"{_PREFIX}{files.unique_name()}"
        descriptor = _held(work, _hold_of(folder))
        staging = cls(folder, descriptor)
        try:
            files.make_folder(folder)
        except CacheAccessError:
            files.let_go(_hold_of(folder), descriptor)
            raise
        return staging

    def discard(self) -> None:
        """Removes the folder, if it is still there, and its hold. Raises CacheAccessError."""
        try:
            files.remove_tree(self.folder)
        finally:
            files.let_go(_hold_of(self.folder), self.descriptor)


def remove_abandoned(work: Path) -> None:
    """Removes what dead processes left in a run's `work` folder. Raises CacheAccessError."""
    for name in files.list_folder(work):
        if name.startswith(_PREFIX):
            folder = work / name.removesuffix(_HOLD)
            if files.remove_abandoned(_hold_of(folder)) or not files.exists(_hold_of(folder)):
                files.remove_tree(folder)
    files.remove_empty_folder(work)


def _held(work: Path, hold: Path) -> int:
    while True:
        files.make_folder(work)
        try:
            return files.hold(hold)
        except CacheAccessError as error:
            if error.errno != errno.ENOENT:  # else another writer has just finished and removed the empty folder
                raise


def _hold_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _HOLD)
