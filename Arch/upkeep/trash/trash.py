"""The folder `.trash/`: each item removed from the cache, under a name made of its former path and the time."""

from __future__ import annotations

import calendar
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.cache.layout import TRASH, is_fingerprint
from Arch.errors import CacheError, DiskError

_SLASH = "@"  # does not occur in names of the cache
_DELETING = ".deleting-"
_STAMP = re.compile(r"\d{8}T\d{12}")
_FORMAT, _WHOLE = "%Y%m%dT%H%M%S", 15


@dataclass(frozen=True)
class Item:
    """An item of the trash.

    Attributes:
        path: its path in the trash.
        place: its former path, relative to the cache.
        time: the time of its removal, in UTC to the microsecond, as `20260131T120000123456`.
    """

    path: Path
    place: str
    time: str

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its experiment; empty if it has none."""
        name = self.place.partition("/")[0]
        return name if is_fingerprint(name) else ""

    @property
    def run(self) -> int | None:
        """The index if it is a finished run, else None."""
        parts = self.place.split("/")
        return int(parts[2]) if len(parts) == 3 and parts[1] == "Runs" else None

    @property
    def is_experiment(self) -> bool:
        """Whether it is a whole experiment."""
        return self.place == self.fingerprint

    @property
    def seconds(self) -> float:
        """The time of its removal, in seconds since 1970."""
        whole, fraction = self.time[:_WHOLE], self.time[_WHOLE:]
        return calendar.timegm(time.strptime(whole, _FORMAT)) + int(fraction) / 1e6


def items(root: Path) -> list[Item]:
    """Returns the items in the trash of a cache, the latest first; raises DiskError."""
    found = [_item(root / TRASH / name) for name in files.list_folder(root / TRASH)]
    return sorted((item for item in found if item), key=lambda item: item.path.name, reverse=True)


def move(root: Path, place: str) -> Item | None:
    """Moves something of the cache to its trash atomically; returns None if it does not exist.

    Raises:
        DiskError: it cannot be moved, and is unchanged.
    """
    source = root / place
    now = _stamp(time.time())
    target = root / TRASH / f"{now}.{os.urandom(4).hex()}.{place.replace('/', _SLASH)}"
    files.make_folder(target.parent)
    try:
        files.rename_new(source, target)
        files.sync_folder(source.parent)
    except DiskError:
        if files.exists(source):
            raise
    return Item(target, place, now) if files.exists(target) else None


def put_back(root: Path, item: Item) -> None:
    """Moves an item back to its place atomically.

    Raises:
        CacheError: its place is taken; DiskError: it cannot be moved.
    """
    target = root / item.place
    files.make_folder(target.parent)
    try:
        is_back = files.rename_new(item.path, target)
        files.sync_folder(item.path.parent)
    except DiskError:
        if files.exists(item.path):
            raise
        is_back = True
    if not is_back:
        raise CacheError(
            f"{target} exists again, so the item of the trash cannot be restored: remove the new one first "
            f"(`main.py rm {item.fingerprint[:12]}{'' if item.run is None else f' --run {item.run}'} --apply`)."
        )


def forget(item: Item) -> None:
    """Deletes an item of the trash permanently; its first step, a rename, takes it out of the list of items.

    Raises:
        DiskError: not all of it could be deleted; `forget_rest` deletes the rest.
    """
    deleting = item.path.with_name(f"{_DELETING}{item.path.name}")
    files.rename_new(item.path, deleting)
    files.remove_tree(deleting)


def forget_rest(root: Path) -> None:
    """Deletes the rest of an interrupted `forget`; raises DiskError."""
    for name in files.list_folder(root / TRASH):
        if name.startswith(_DELETING):
            files.remove_tree(root / TRASH / name)


def _stamp(seconds: float) -> str:
    fraction = int(seconds % 1 * 1e6)
    return f"{time.strftime(_FORMAT, time.gmtime(seconds))}{fraction:06d}"


def _item(path: Path) -> Item | None:
    parts = path.name.split(".", 2)
    if len(parts) < 3 or not _STAMP.fullmatch(parts[0]):
        return None
    return Item(path, parts[2].replace(_SLASH, "/"), parts[0])
