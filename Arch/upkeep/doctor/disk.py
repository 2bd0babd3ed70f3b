"""Checks the permissions of the cache and data folders, and the disk of the cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from Arch import files
from Arch.cache.claims.claim import TTL
from Arch.files import disk
from Arch.units import size_text
from Arch.upkeep.doctor.finding import Finding, ok, problem, warning

_NETWORK = (
    "nfs",
    "nfs4",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "fuse.ceph",
    "fuse.glusterfs",
    "panfs",
    "orangefs",
    "afs",
)
_WITHOUT_LINKS = ("cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "vfat", "exfat", "fuseblk", "virtiofs")
_IN_MEMORY = ("tmpfs", "ramfs")
_LITTLE, _TIGHT = 1 << 30, 10 << 30
_FEW_FILES = 10_000


def check_cache_folder(root: Path) -> Iterator[Finding]:
    """Yields the findings about the folder's permissions, file system and free space."""
    if not files.exists(root):
        above = next(folder for folder in root.parents if files.exists(folder))
        if disk.may_write(above):
            yield ok("cache folder", f"{root} does not exist yet; the first run creates it")
        else:
            yield problem(
                "cache folder", f"{root} does not exist, and you may not create it", f"get write permission for {above}"
            )
        root = above
    elif not disk.may_read(root):
        yield problem("cache folder", f"you may not read {root}", "change its mode or owner, or name another (--cache)")
        return
    elif not disk.may_write(root):
        remedy = "reading works; to train, change its mode or owner, or name another (--cache)"
        yield warning("cache folder", f"you may read but not write {root}", remedy)
    else:
        yield ok("cache folder", f"{root} can be read and written")
    yield _kind(disk.file_system(root))
    yield from _room(disk.space(root))


def check_data_folder(data: Path) -> Finding:
    """Returns the finding about the folder of the datasets."""
    name = "data folder"
    if not files.exists(data):
        remedy = "Digits and Synthetic need none; for other datasets create it, or name another (--data)"
        return warning(name, f"{data} does not exist", remedy)
    if not disk.may_read(data):
        return problem(name, f"you may not read {data}", "change its mode or owner, or name another (--data)")
    return ok(name, f"{data} can be read")


def _kind(kind: str) -> Finding:
    name = "file system"
    if kind in _NETWORK:
        sentence = f"{kind}, a network file system: workers on several machines can share the cache; the runs of a "
        return ok(name, f"{sentence}dead one on another machine are taken over {TTL:.0f} s after its last heartbeat")
    if kind in _WITHOUT_LINKS:
        remedy = "put the cache on a local disk or on NFS, and copy what you want to keep"
        return warning(
            name, f"{kind} may lack hard links or renames that never overwrite, which commits depend on", remedy
        )
    if kind in _IN_MEMORY:
        return warning(name, f"{kind} is lost when the machine restarts", "name a cache on a disk (--cache)")
    return ok(name, kind or "unknown")


def _room(room: disk.Space) -> Iterator[Finding]:
    left = f"{size_text(room.free)} of {size_text(room.size)} free"
    remedy = "free some space: `prune` and `rm --forget` remove what is not needed"
    if room.free < _LITTLE:
        yield problem("free space", left, remedy)
    elif room.free < _TIGHT:
        yield warning("free space", left, remedy)
    else:
        yield ok("free space", left)
    if room.free_files is not None and room.free_files < _FEW_FILES:
        yield warning("free inodes", f"room for {room.free_files} more files; a run takes about a dozen", remedy)
    elif room.free_files is not None:
        yield ok("free inodes", f"room for {room.free_files} more files")
