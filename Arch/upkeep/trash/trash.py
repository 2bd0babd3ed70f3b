"""The folder `.trash/`: each item removed from the cache, under a name made of its former path and the time."""

from __future__ import annotations

import calendar
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.cache.layout import TRASH, is_below, is_fingerprint, run_indices
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
        return next(iter(run_indices(parts[2:])), None) if len(parts) == 3 and parts[1] == "Runs" else None

    @property
    def is_experiment(self) -> bool:
        """Whether it is a whole experiment."""
        return self.place == self.fingerprint

    @property
    def seconds(self) -> float:
        """The time of its removal, in seconds since 1970."""
        return _seconds(self.time)


def items(root: Path) -> list[Item]:
    """Returns the items in the trash of a cache, the latest first.

    Raises:
        CacheError: the trash is a link; DiskError: it cannot be read.
    """
    found = [_item(root / TRASH / name) for name in _names(root)]
    return sorted((item for item in found if item), key=lambda item: item.path.name, reverse=True)


def strangers(root: Path) -> list[Path]:
    """Returns what is in the trash under names that no removal gives, such as one that leads out of the cache.

    It is neither restored nor deleted. Raises as `items`.
    """
    paths = [root / TRASH / name for name in _names(root) if not name.startswith(_DELETING)]
    return [path for path in paths if _item(path) is None]


def move(root: Path, place: str) -> Item | None:
    """Moves something of the cache to its trash atomically; returns None if it does not exist.

    Raises:
        CacheError: it lies behind a link, or has a name that cannot be restored from the trash.
        DiskError: it cannot be moved, and is unchanged.
    """
    require_own(root, place)
    if _SLASH in place:
        raise CacheError(
            f"{root / place} cannot be kept in the trash, since its name has {_SLASH!r}. Move it yourself."
        )
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
        CacheError: its place is taken, or lies behind a link; DiskError: it cannot be moved.
    """
    require_own(root, item.place)
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
    for name in _names(root):
        if name.startswith(_DELETING):
            files.remove_tree(root / TRASH / name)


def require_own(root: Path, place: str) -> None:
    """Checks that a place of the cache and its trash are reached without a link; the place itself may be one.

    Raises:
        CacheError: they are not; DiskError: a folder cannot be looked at.
    """
    why = reached_by_link(root, place)
    if why:
        raise CacheError(why)


def reached_by_link(root: Path, place: str) -> str:
    """Returns why a place may not be moved to or from the trash: a link leads there; empty if none does."""
    link = files.link_on_the_way(root, place) or files.link_on_the_way(root, f"{TRASH}/item")
    if not link:
        return ""
    return (
        f"{link} is a link to {files.target_of(link)}, and nothing is moved into or out of a folder that a link leads "
        "to: do it in that folder, or remove the link."
    )


def _names(root: Path) -> list[str]:
    require_own(root, TRASH)
    return files.list_folder(root / TRASH)


def _seconds(stamp: str) -> float:
    whole, fraction = stamp[:_WHOLE], stamp[_WHOLE:]
    return calendar.timegm(time.strptime(whole, _FORMAT)) + int(fraction) / 1e6


def _stamp(seconds: float) -> str:
    fraction = int(seconds % 1 * 1e6)
    return f"{time.strftime(_FORMAT, time.gmtime(seconds))}{fraction:06d}"


def _item(path: Path) -> Item | None:
    """Returns the item at a path of the trash; None if its name is none that a removal gives."""
    parts = path.name.split(".", 2)
    place = parts[-1].replace(_SLASH, "/")
    if len(parts) < 3 or not _STAMP.fullmatch(parts[0]):
        return None
    if not is_below(place) or not is_fingerprint(place.partition("/")[0]):
        return None
    try:
        _seconds(parts[0])
    except (ValueError, OverflowError):
        return None
    return Item(path, place, parts[0])
