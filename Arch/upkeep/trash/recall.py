"""What the words of a command select in the trash."""

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
    """Something in the trash, and what is known of it.

    Attributes:
        item: where it is and was.
        title: its experiment in a few words, empty where nobody knows.
        size: bytes.
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
    """What the words select, experiments before what belongs to them; all where there are no words.

    Args:
        workspace: the cache.
        words: as for the cache itself: files, folders, fingerprint prefixes, `Key=Value`.
        overrides: `Key=Value` words that change what the files say.
        runs: only these runs, or everything.
        is_latest_only: of several things from one place only the latest, since the others have no place to go.

    Raises:
        ArchError: a word cannot be understood or selects nothing; DiskError: the trash cannot be read.
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
    """What is known of the experiments in the trash: from their own config, or from the cache's."""
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
