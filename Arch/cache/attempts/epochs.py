"""`Epochs.jsonl`: the finished epochs of an unfinished run, a line of JSON for each, which is read while it grows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from Arch import files
from Arch.cache.fields import Fields
from Arch.cache.layout import EPOCHS
from Arch.cache.runs.records import epoch_document, epoch_from
from Arch.errors import CorruptEntryError
from Arch.types import Epoch


def line(epoch: Epoch) -> str:
    """Returns an epoch as a line of JSON, with the fields that `Run.json` has.

    Raises:
        CacheError: it contains a number that is not finite.
    """
    return json.dumps(epoch_document(epoch)) + "\n"


def append(folder: Path, epoch: Epoch) -> None:
    """Appends an epoch to the file in a run's work folder. Raises DiskError, and as `line`."""
    files.make_folder(folder)
    files.append(folder / EPOCHS, line(epoch))


def rewrite(folder: Path, epochs: Iterable[Epoch]) -> None:
    """Replaces the file in a run's work folder by one with these epochs. Raises DiskError, and as `line`."""
    files.make_folder(folder)
    files.write_atomically(folder / EPOCHS, "".join(map(line, epochs)))


def read(folder: Path) -> tuple[Epoch, ...]:
    """Reads the epochs in a run's work folder, up to the first line that is torn or damaged; none without a file.

    Raises:
        CorruptEntryError: it is too large, or no file; DiskError: it cannot be read.
    """
    path = f"{folder}/{EPOCHS}"
    try:
        *lines, _torn = files.read_bytes(path, files.MOST_OF_RUNS).split(b"\n")
    except FileNotFoundError:
        return ()
    found: list[Epoch] = []
    for each in lines:
        try:
            document = json.loads(each)
            if not isinstance(document, dict):
                break
            found.append(epoch_from(Fields(document, path)))
        except (ValueError, RecursionError, CorruptEntryError):
            break
    return tuple(found)
