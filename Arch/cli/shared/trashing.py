"""`rm --restore` and `rm --forget`: list the trash, restore from it, delete permanently."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from Arch.errors import CacheError, ConfigError, DiskError
from Arch.escaping import printable
from Arch.planning.workspace import Workspace
from Arch.units import age_text, size_text
from Arch.upkeep.trash import trash
from Arch.upkeep.trash.recall import Found, found_in_trash
from Arch.upkeep.trash.removal import put_back


def restore(workspace: Workspace, options: argparse.Namespace) -> int:
    """Shows what would be restored, or restores it; returns 1 if something could not be restored."""
    if options.apply and not options.what:
        raise ConfigError("nothing was named to restore; `rm --restore` without --apply lists what is in the trash.")
    found = found_in_trash(workspace, options.what, options.set, options.run, is_latest_only=bool(options.what))
    restored: list[Found] = []
    for each in found if options.apply else ():
        try:
            put_back(workspace.store.root, each.item)
            restored.append(each)
        except (CacheError, DiskError) as problem:
            print(f"error: {problem}", file=sys.stderr)
    hint = "--apply restores it" if options.what else "to restore some, name them and add --apply"
    _name_strangers(workspace.store.root, options)
    _show(workspace, restored if options.apply else found, options, ("restored", hint))
    return 1 if options.apply and len(restored) < len(found) else 0


def forget(workspace: Workspace, options: argparse.Namespace, older: float | None) -> int:
    """Shows what would be deleted, or deletes it."""
    found = found_in_trash(workspace, options.what, options.set)
    found = [each for each in found if older is None or time.time() - each.item.seconds >= older]
    if options.apply:
        for each in found:
            trash.forget(each.item)
        trash.forget_rest(workspace.store.root)
    _name_strangers(workspace.store.root, options)
    _show(workspace, found, options, ("deleted permanently", "--apply deletes it permanently"))
    return 0


def _name_strangers(root: Path, options: argparse.Namespace) -> None:
    """Says what in the trash is no item, since no removal gives such names."""
    for path in () if options.quiet else trash.strangers(root):
        print(
            printable(f"note: {path} is no item of the trash, since no removal gives such a name. It stays."),
            file=sys.stderr,
        )


def _show(workspace: Workspace, found: Sequence[Found], options: argparse.Namespace, words: tuple[str, str]) -> None:
    """Prints what is in the trash or was taken out; `words` say what was done, and what would do it."""
    done, hint = words
    if options.json:
        rows = [
            {"place": each.item.place, "path": str(each.item.path), "title": each.title, "bytes": each.size}
            | {"removed": each.item.seconds}
            for each in found
        ]
        print(json.dumps({"applied": options.apply, "items": rows}, indent=1))
        return
    root = workspace.store.root
    for each in found:
        run = "" if each.item.run is None else f" run {each.item.run}"
        name = each.item.place if not (each.item.is_experiment or run) else f"{each.item.fingerprint[:12]}{run}"
        ago = age_text(time.time() - each.item.seconds)
        print(printable(f"  {name:<20} {size_text(each.size):>7}  removed {ago} ago  {each.title}".rstrip()))
        print(printable(f"    {each.item.path}" + (f" -> {root / each.item.place}" if options.restore else "")))
    total = size_text(sum(each.size for each in found))
    count = f"{len(found)} item{'s'[: len(found) != 1]} ({total})"
    print(f"{done}: {count}" if options.apply else f"{count} in the trash; nothing was changed ({hint})")
