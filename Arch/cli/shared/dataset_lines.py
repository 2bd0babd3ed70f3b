"""The command `names datasets`: lists the datasets, the size and folder of those on disk, how to get the others."""

from __future__ import annotations

import argparse
import itertools
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from Arch.config.rules.schema import Schema
from Arch.datasets.download.download import is_downloaded
from Arch.datasets.sources.catalogue import CATALOGUE, Facts
from Arch.errors import DataError, UnknownNameError
from Arch.planning.workspace import Workspace
from Arch.report.columns import aligned
from Arch.units import size_text

_MOST_FILES = 30_000  # the most files whose sizes are added up for a line of the list; no limit if one dataset is shown


def show_datasets(schema: Schema, options: argparse.Namespace) -> int:
    """Prints the datasets that a config may name, planned ones included, or only `options.name`; returns exit code 0.

    Raises:
        UnknownNameError: there is no such dataset.
    """
    root = Workspace.at(options.cache, options.data).data
    name = schema.aliases.get(options.name, options.name)
    known = {**dict.fromkeys(schema.choices, ""), **schema.planned}
    if name is not None and name not in known:
        raise UnknownNameError("dataset", name, known)
    most = _MOST_FILES if name is None else None
    rows = [_row(each, why, root, most) for each, why in known.items() if name in {None, each}]
    if options.json:
        print(json.dumps(rows, indent=1))
    elif name is None:
        print("\n".join(aligned([_cells(row) for row in rows], "<<><<")))
    else:
        print("\n".join(aligned([(fact, _text(value)) for fact, value in rows[0].items() if value], "<<")))
    return 0


def size_below(folder: Path, most_files: int | None = None) -> tuple[int, bool]:
    """Returns the size in bytes of the first `most_files` files below a folder, and whether these are all files.

    A file without readable metadata counts as 0 bytes; a subfolder that cannot be listed is skipped.
    """
    size, names = 0, (f"{at}/{name}" for at, _, names in os.walk(folder) for name in names)
    for name in itertools.islice(names, most_files):
        with suppress(OSError):
            size += os.lstat(name).st_size
    return size, next(names, None) is None


def _row(name: str, why_planned: str, root: Path, most_files: int | None) -> dict[str, Any]:
    facts = CATALOGUE.get(name)
    if facts is None:
        return {"name": name, "state": "planned" if why_planned else "", "how": why_planned}
    place = facts.folder(root)
    is_present, trouble = _found(place)
    size, is_all = size_below(place, most_files) if place and is_present else (0, True)
    return {
        "name": name,
        "state": "broken" if trouble else _state(facts, is_present=is_present),
        "classes": facts.classes,
        "train": facts.train,
        "test": facts.test,
        "shape": facts.shape,
        "place": str(place or ""),
        "bytes": size,
        "counted": "" if is_all else f"only the first {most_files:,} files",
        "download": facts.source.size if facts.source else 0,
        "addresses": [file.url for file in facts.source.files] if facts.source else [],
        "how": trouble or _how(name, facts, place, is_present=is_present),
    }


def _found(place: Path | None) -> tuple[bool, str]:
    """Returns whether the data is in the folder `place`, and the error message if that is unreadable, else empty."""
    try:
        return place is not None and is_downloaded(place), ""
    except DataError as error:
        return False, str(error)


def _state(facts: Facts, *, is_present: bool) -> str:
    if not facts.home:
        return "by path" if facts.needs_path else "built in"
    return "present" if is_present else "absent"


def _how(name: str, facts: Facts, place: Path | None, *, is_present: bool) -> str:
    """Returns how to get a dataset, or, if it has no folder, its origin; empty if the data is in its folder."""
    if place is None:
        return facts.by_hand
    if is_present:
        return ""
    if facts.source is None:
        return f"Put it into {place}, or give DataPath. {facts.by_hand}"
    what = size_text(facts.source.size) if facts.source.size else "it"
    return f"`main.py fetch {name}`, or its first use, downloads {what}."


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    size = f"{'>' if row['counted'] else ''}{size_text(row['bytes'])}" if row.get("bytes") else ""
    what = _what(row) if "shape" in row else ""
    return row["name"], row["state"], size, what, row["how"] or row["place"]


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ", ".join(value) if isinstance(value, list) else str(value)


def _what(row: dict[str, Any]) -> str:
    """Returns the numbers of classes and of training + test samples, and the shape of a sample, where known."""
    classes = f"{row['classes']} classes" if row["classes"] else ""
    samples = f"{row['train']:,} + {row['test']:,}" if row["train"] or row["test"] else ""
    return ", ".join(filter(None, (classes, samples, row["shape"])))
