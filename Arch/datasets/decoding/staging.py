"""Folders that appear whole, by one rename, or not at all, and what is left of them where a process was killed."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from Arch.datasets.access import reason_of, unwritable
from Arch.datasets.download.locking import held, is_left
from Arch.errors import DataError

_PARTIAL = ".partial-"
_SILENT_SECONDS = 600.0  # without a byte from another machine, and nobody holds the folder
_ABANDONED_SECONDS = 24 * 3600.0  # without a byte, where locks may not be known


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A new folder that takes the name `folder` when it was left without an error and the name is free."""
    staging = _beside(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as work:
            with held(folder.parent):  # so that nobody here sees a new folder before it is held
                _remove_abandoned(folder.parent)
                staging.mkdir()
                work.enter_context(held(staging))
            yield staging
            with suppress(FileExistsError):
                _rename(staging, folder)
    except OSError as error:
        raise unwritable(folder.parent, error, "decoded images to ") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _beside(folder: Path) -> Path:
    """A name for what is not yet, or no longer, `folder`; it tells the machine at work."""
    return folder.with_name(f"{_PARTIAL}{folder.name}{_here()}{secrets.token_hex(4)}")


def _here() -> str:
    return f"-{os.uname().nodename}-"


def _rename(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if target.exists():  # the systems' words differ: "directory not empty" or "file exists"
            raise FileExistsError(str(target)) from error
        raise


def discard(folder: Path) -> None:
    """Moves a damaged folder out of the way before it is removed, so that nobody sees half of it."""
    aside = _beside(folder)
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return  # another process was faster
    except OSError as error:
        message = f"{folder} is damaged and cannot be removed: {reason_of(error)}. Remove it by hand."
        raise DataError(message, folder) from error
    shutil.rmtree(aside, ignore_errors=True)


def _remove_abandoned(parent: Path) -> None:
    """Removes what killed processes left: unfinished folders in which nobody is, elsewhere only after a while."""
    for partial in parent.glob(f"{_PARTIAL}*"):
        with suppress(OSError):
            newest = max(path.stat().st_mtime for path in (partial, *partial.iterdir()))
            silence = time.time() - newest
            is_certain = _here() in partial.name or silence > _SILENT_SECONDS  # locks may not reach another machine
            if silence > _ABANDONED_SECONDS or (is_certain and is_left(partial)):
                shutil.rmtree(partial, ignore_errors=True)
