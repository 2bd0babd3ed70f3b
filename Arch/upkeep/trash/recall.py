"""Selects items of the trash by words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from Arch import files
from Arch.cache.layout import CONFIG
from Arch.errors import CacheError, DiskError
from Arch.planning.selection import Document, Selection, document_in
from Arch.planning.workspace import Workspace
from Arch.upkeep.trash import trash
from Arch.upkeep.trash.trash import Item


@dataclass(frozen=True)
class Found:
    """An item of the trash with its title and size.

    Attributes:
        item: the item.
        title: its experiment in a few words; empty if unknown.
        size: its size in bytes.
    """

    item: Item
    title: str
    size: int


def found_in_trash(
    workspace: Workspace,
    words: Sequence[str],
    overrides: Sequence[str] = (),
    runs: Collection[int] = (),
    *,
    is_latest_only: bool = False,
) -> list[Found]:
    """Returns the items that words select, experiments before their parts; without words, all items.

    Args:
        workspace: the cache.
        words: as for the cache: files, folders, fingerprint prefixes, `Key=Value`.
        overrides: `Key=Value` words that replace values of the files.
        runs: only these runs; everything if empty.
        is_latest_only: whether to return only the latest of several items from one place, since only one fits back.

    Raises:
        ArchError: a word is invalid or selects nothing; DiskError: the trash cannot be read.
    """
    items = trash.items(workspace.store.root)
    documents = _documents(workspace.store.root, items)
    names = sorted({item.fingerprint for item in items if item.fingerprint})
    selection = Selection(workspace, names, documents.get, f"the trash of {workspace.store.root}")
    chosen = set(selection.select(words, overrides).fingerprints)
    found = [item for item in items if (item.fingerprint in chosen or not words) and (not runs or item.run in runs)]
    if is_latest_only:
        found = list({item.place: item for item in reversed(found)}.values())
    found.sort(key=lambda item: not item.is_experiment)
    return [
        Found(item, str((documents.get(item.fingerprint) or {}).get("Title", "")), files.measure(item.path).size)
        for item in found
    ]


def _documents(root: Path, items: Sequence[Item]) -> dict[str, Document | None]:
    """Returns the Config.json of the experiments in the trash, from the trash or the cache, by fingerprint."""
    documents: dict[str, Document | None] = {}
    for item in items:
        if item.fingerprint and not documents.get(item.fingerprint):
            documents[item.fingerprint] = _own(item) if item.is_experiment else document_in(root / item.fingerprint)
    return documents


def _own(item: Item) -> Document | None:
    try:
        document = files.read_json(item.path / CONFIG)
    except (FileNotFoundError, CacheError, DiskError):
        return None
    return document if isinstance(document.get("Active"), dict) else None
