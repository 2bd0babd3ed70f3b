"""Creates folders of decoded images atomically: each is filled under another name, then renamed."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from Arch import files
from Arch.datasets.access import reason_of, unwritable
from Arch.errors import DataError, NotAFileError

_PREFIX = ".partial-"
_UNLOCKED_SECONDS = 600.0  # without a write: then an unlocked folder of another host counts as abandoned
_ABANDONED_SECONDS = 24 * 3600.0  # without a write: then every folder does, since locks may not be supported


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Yields a new folder that is renamed to `folder` on success, unless another process has taken that name.

    Raises:
        DataError: the folder cannot be created, written or renamed.
    """
    try:
        files.make_folder(folder.parent)
        _remove_abandoned(folder.parent)
        staging = files.StagedFolder.create(folder.parent, _prefix(folder))
        try:
            yield staging.path
            files.rename_new(staging.path, folder)
        finally:
            with suppress(OSError):
                staging.discard()
    except NotAFileError:  # what is decoded cannot be read
        raise
    except OSError as error:
        raise unwritable(folder.parent, error, "decoded images to ") from error


def discard(folder: Path) -> None:
    """Removes a damaged folder, after a rename, so that no process reads a half-removed one.

    Raises:
        DataError: it cannot be moved.
    """
    aside = folder.with_name(f"{_prefix(folder)}{secrets.token_hex(8)}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return  # another process has moved it
    except OSError as error:
        message = f"{folder} is damaged and cannot be removed: {reason_of(error)}. Remove it by hand."
        raise DataError(message, folder) from error
    shutil.rmtree(aside, ignore_errors=True)


def _prefix(folder: Path) -> str:
    """Returns the prefix of a folder's temporary names: it contains the folder's name and this host's."""
    return f"{_PREFIX}{folder.name}{_host()}"


def _host() -> str:
    return f"-{os.uname().nodename}-"


def _remove_abandoned(parent: Path) -> None:
    """Removes the unfinished folders of dead processes; those of other hosts only after some time without a write."""
    for partial in files.staged_folders(parent, _PREFIX):
        with suppress(OSError):
            idle_seconds = time.time() - files.last_change(partial)
            if idle_seconds > _ABANDONED_SECONDS:
                files.remove_staged(partial)
            elif (
                _host() in partial.name or idle_seconds > _UNLOCKED_SECONDS
            ):  # a lock may not be visible on another host
                files.remove_if_abandoned(partial)
