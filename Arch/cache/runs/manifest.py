"""A run's `manifest.json`: the size and the SHA-256 of every other file in its folder, written last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from Arch import files
from Arch.cache.fields import Fields
from Arch.cache.layout import MANIFEST

MOST_BYTES = 2**60  # of a file


def write(folder: Path) -> None:
    """Syncs every file of a staged folder to the disk, lists them in the manifest, and syncs the folders.

    Raises:
        DiskError: something cannot be read or written.
    """
    names = [name for name in files.files_below(folder) if name != MANIFEST]
    listed = {name: _synced(folder / name) for name in names}
    files.write_synced(folder / MANIFEST, files.json_text({"Files": listed}))
    for below in {(folder / name).parent for name in (*names, MANIFEST)}:
        files.sync_folder(below)


def size_of(folder: Path, name: str) -> int | None:
    """Returns a file's size in bytes by the manifest of a run's folder, or None if the run never had the file.

    Raises:
        CorruptEntryError: the manifest is damaged.
    """
    path = f"{folder}/{MANIFEST}"
    listed = Fields(files.read_json(path), path).inside("Files")
    return listed.inside(name).count("Size", MOST_BYTES) if name in listed.document else None


def sha256_of(folder: Path, name: str) -> str:
    """Returns a file's SHA-256 by the manifest of a run's folder.

    Raises:
        CorruptEntryError: the manifest is damaged, or does not list the file.
    """
    path = f"{folder}/{MANIFEST}"
    return Fields(files.read_json(path), path).inside("Files").inside(name).digest("Sha256")


def _synced(path: Path) -> dict[str, Any]:
    files.sync_file(path)
    size, digest = files.size_and_sha256(path)
    return {"Size": size, "Sha256": digest}
