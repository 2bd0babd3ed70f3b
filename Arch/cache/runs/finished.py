"""Reads the finished runs of an entry, which may be moved away meanwhile; a damaged one is reported."""

from __future__ import annotations

from pathlib import Path

from Arch import files
from Arch.cache import layout
from Arch.cache.runs import manifest
from Arch.cache.runs.records import run_from
from Arch.errors import CacheError, CorruptEntryError, DiskError
from Arch.types import Run


def indices(entry: Path) -> tuple[int, ...]:
    """Lists the indices of the finished runs, in order; raises CorruptEntryError."""
    return tuple(index for index in listed(entry) if is_finished(entry, index))


def listed(entry: Path) -> tuple[int, ...]:
    """Lists the indices of the runs that have a folder, in order, without opening any."""
    return layout.run_indices(files.list_folder(layout.runs(entry)))


def visible(entry: Path) -> tuple[int, ...]:
    """Lists the same, or nothing where the folder of the runs cannot be listed: for display and removal."""
    try:
        return listed(entry)
    except DiskError:
        return ()


def is_committed(entry: Path, index: int) -> bool:
    """Returns whether a run has its manifest; a run without it is absent or damaged."""
    return files.is_file(f"{layout.runs(entry)}/{layout.run_name(index)}/{layout.MANIFEST}")


def is_finished(entry: Path, index: int) -> bool:
    """Returns whether a run is finished.

    Raises:
        CorruptEntryError: its folder lacks the manifest, which is written before a run gets its name.
    """
    folder = f"{layout.runs(entry)}/{layout.run_name(index)}"
    for _ in range(2):  # between the two reads a run may appear or be moved away, each by one rename
        if is_committed(entry, index):
            return True
        if not files.list_folder(folder):
            return False
    is_there = files.exists(f"{folder}/{layout.MANIFEST}")
    raise _damaged(f"{folder}/{layout.MANIFEST}", "is no file" if is_there else "is missing")


def folder_of(entry: Path, index: int) -> Path:
    """Returns the folder of a finished run.

    Raises:
        CacheError: there is no such run; CorruptEntryError: as `is_finished`.
    """
    if not is_finished(entry, index):
        raise _no_run(entry, index)
    return entry / "Runs" / layout.run_name(index)


def run_of(entry: Path, index: int) -> Run:
    """Reads a finished run with all its epochs, and compares its record with the manifest; raises as `folder_of`."""
    import hashlib  # reading a finished run's summary must not pay for this import

    folder = folder_of(entry, index)
    path = f"{folder}/{layout.RUN}"
    try:
        content = files.read_bytes(path, files.MOST_OF_RUNS)
        run = run_from(files.json_object(content, path), path)
        digest = manifest.sha256_of(folder, layout.RUN)
    except FileNotFoundError:
        folder_of(entry, index)  # raises if the run was moved away meanwhile
        raise _damaged(path, "is missing") from None
    if run.index != index:
        raise _damaged(path, f"is the record of run {run.index}")
    if hashlib.sha256(content).hexdigest() != digest:
        raise _damaged(path, "does not have the SHA-256 that its manifest has")
    return run


def weights_of(entry: Path, index: int, which: str) -> Path:
    """Returns the file of a run's weights; raises as `EntryFolder.weights` does."""
    folder, name = folder_of(entry, index), layout.weights_name(which)
    try:
        size = manifest.size_of(folder, name)
    except FileNotFoundError:
        raise _no_run(entry, index) from None
    if size is None:
        raise CacheError(
            f"run {index} in {entry} has no {which} weights. "
            "Every run has its Last weights, and Best ones only if it chose a best epoch (Validation, Select)."
        )
    try:
        is_whole = files.size_of(folder / name) == size
    except FileNotFoundError:
        folder_of(entry, index)  # raises if the run was moved away meanwhile
        is_whole = False
    if not is_whole:
        raise _damaged(f"{folder / name}", f"does not have the {size} bytes that were written")
    return folder / name


def weights_content_of(entry: Path, index: int, which: str) -> bytes:
    """Reads a run's weights whole and compares them with the manifest; raises as `EntryFolder.read_weights` does."""
    import hashlib  # reading a finished run must not pay for this import

    path = weights_of(entry, index, which)
    content = files.read_bytes(path)
    if hashlib.sha256(content).hexdigest() != manifest.sha256_of(path.parent, path.name):
        raise _damaged(f"{path}", "does not have the SHA-256 that its manifest has")
    return content


def _no_run(entry: Path, index: int) -> CacheError:
    known = ", ".join(map(str, listed(entry))) or "none"
    return CacheError(f"there is no run {index} in {entry}. Runs there: {known}.")


def _damaged(path: str, reason: str) -> CorruptEntryError:
    folder = Path(path).parent
    command = layout.removal(folder.parents[1], int(folder.name))
    return CorruptEntryError(
        f"{path} {reason}: the run was damaged after it was written. Restore it from a copy, or take the run out of "
        f"the cache ({command}) and give the same command again to make it anew."
    )
