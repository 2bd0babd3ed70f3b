"""`Result.json`: the scores of all runs in one small file, derived from them and never trusted against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from Arch import files
from Arch.cache.fields import Fields
from Arch.cache.layout import RESULT
from Arch.errors import CorruptEntryError
from Arch.types import Result

if TYPE_CHECKING:
    from Arch.cache.entry import Entry


def result_of(entry: Entry) -> Result:
    """What the runs in the entry's folder showed: from the summary if it tells of these runs, else from the runs.

    Raises:
        CorruptEntryError: a file that nothing can be derived from is torn.
        CacheError: there is no such entry.
    """
    indices = entry.run_indices()
    try:
        return _read(entry, indices)
    except (FileNotFoundError, CorruptEntryError):
        return _result(entry, _document(entry, indices))


def refresh(entry: Entry) -> None:
    """Writes the summary of the runs that are there; raises as `result_of` does, and CacheAccessError."""
    written: tuple[int, ...] = ()
    # Looks again after writing: of two that commit at once, the later writer has seen both runs.
    while written != (indices := entry.run_indices()):
        files.write_json(f"{entry.path}/{RESULT}", _document(entry, indices))
        written = indices


def withdraw(entry: Entry, index: int) -> None:
    """Removes a summary that tells of a run which is about to be made (again). Raises CacheAccessError."""
    path = f"{entry.path}/{RESULT}"
    try:
        is_told = str(index) in Fields(files.read_json(path), path).mapping("Runs")
    except FileNotFoundError:
        return
    except CorruptEntryError:
        is_told = True
    if is_told:
        files.remove(path)


def _document(entry: Entry, indices: tuple[int, ...]) -> dict[str, Any]:
    runs = {str(index): entry.run(index) for index in indices}
    return {
        "Fingerprint": entry.fingerprint,
        "Active": entry.document()["Active"],
        "Runs": {
            index: {"Scores": run.scores, "Seconds": run.seconds, "Provenance": run.provenance}
            for index, run in runs.items()
        },
    }


def _read(entry: Entry, indices: tuple[int, ...]) -> Result:
    path = f"{entry.path}/{RESULT}"
    document = files.read_json(path)
    fields = Fields(document, path)
    if fields.text("Fingerprint") != entry.fingerprint or set(fields.mapping("Runs")) != set(map(str, indices)):
        raise CorruptEntryError(f"{path} tells of other runs than there are.")
    return _result(entry, document)


def _result(entry: Entry, document: Mapping[str, Any]) -> Result:
    path = f"{entry.path}/{RESULT}"
    fields = Fields(document, path)
    runs = {int(index): Fields(run, path) for index, run in fields.mapping("Runs").items()}
    return Result(
        fingerprint=entry.fingerprint,
        active=fields.mapping("Active"),
        scores={index: run.numbers("Scores") for index, run in sorted(runs.items())},
        seconds={index: run.number("Seconds") for index, run in sorted(runs.items())},
        path=entry.path,
        provenance={index: run.mapping("Provenance") for index, run in sorted(runs.items())},
    )
