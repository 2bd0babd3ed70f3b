"""`Result.json`: the scores of all runs in one small file, derived from them and never trusted against them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from Arch import files
from Arch.cache import layout
from Arch.cache.fields import Fields
from Arch.cache.folder import EntryFolder
from Arch.cache.runs import finished, manifest
from Arch.errors import CacheError, CorruptEntryError, DiskError
from Arch.types import COMPARED, Result, Run

Origins = Sequence[Mapping[str, Any]]  # the provenance of some runs
# of a run's provenance only what is asked of ten thousand runs at once: the rest is read from the run itself
KEPT = (*COMPARED, "sessions", "versions", "commit", "is_edited", "host", "made_from")


def result_of(entry: EntryFolder) -> Result:
    """What the runs in the entry's folder showed: from the summary if it tells of these runs, else from the runs.

    Raises:
        CorruptEntryError: a file that nothing can be derived from is torn.
        CacheError: there is no such entry.
    """
    try:
        return _result(entry, _read(entry, finished.listed(entry.path)))
    except (FileNotFoundError, CorruptEntryError):
        return _result(entry, _document(entry, entry.run_indices()))


def recorded_runs(entry: EntryFolder) -> tuple[tuple[int, ...], Origins | None]:
    """The finished runs, and what the summary keeps of their provenance, or None where it cannot be believed.

    Raises:
        CorruptEntryError: a run's folder lacks its manifest.
    """
    indices = finished.listed(entry.path)
    try:
        return indices, _origins(_read(entry, indices))
    except (FileNotFoundError, CorruptEntryError):
        return entry.run_indices(), None


def outdated(origins: Origins, versions: Mapping[str, int | str]) -> dict[str, int | str]:
    """The components that made one of some runs in another version than the present one, with that version.

    Args:
        origins: provenance of the runs; those that recorded no versions are not judged.
        versions: the present versions, by key.
    """
    found: dict[str, int | str] = {}
    for origin in origins:
        recorded = origin.get("versions")
        if recorded and recorded != versions:
            found |= {key: recorded[key] for key, now in versions.items() if recorded.get(key, now) != now}
            found |= _other_files(recorded, versions)
    return found


def _other_files(recorded: Mapping[str, Any], versions: Mapping[str, int | str]) -> dict[str, int | str]:
    """The users' own files that a run was made with and that none of the present ones is, by name or by content."""
    present = {now for key, now in versions.items() if key.endswith(".py")}
    if not present:  # they are gone, or not asked for
        return {}
    return {
        key: then
        for key, then in recorded.items()
        if key.endswith(".py") and key not in versions and then not in present
    }


def refresh(entry: EntryFolder) -> None:
    """Writes the summary of the runs that are there; raises as `result_of` does, and DiskError."""
    written: tuple[int, ...] = ()
    # Looks again after writing: of two that commit at once, the later writer has seen both runs.
    while written != (indices := entry.run_indices()):
        files.write_json(f"{entry.path}/{layout.RESULT}", _document(entry, indices))
        written = indices


def renew(entry: EntryFolder) -> None:
    """Writes the summary after runs came or went, if the disk lets it: whoever finds none reads the runs."""
    with contextlib.suppress(CacheError, DiskError):
        if entry.run_indices():
            refresh(entry)


def withdraw(entry: EntryFolder, index: int) -> None:
    """Removes a summary that tells of a run which is about to be made (again). Raises DiskError."""
    path = f"{entry.path}/{layout.RESULT}"
    try:
        is_told = str(index) in Fields(files.read_json(path), path).mapping("Runs")
    except FileNotFoundError:
        return
    except CorruptEntryError:
        is_told = True
    if is_told:
        files.remove(path)


def _document(entry: EntryFolder, indices: tuple[int, ...]) -> dict[str, Any]:
    return {
        "Fingerprint": entry.fingerprint,
        "Active": entry.document()["Active"],
        "Runs": {str(index): _line(entry, entry.run(index)) for index in indices},
    }


def _line(entry: EntryFolder, run: Run) -> dict[str, Any]:
    origin = {key: run.provenance[key] for key in KEPT if key in run.provenance}
    digest = manifest.sha256_of(entry.run_folder(run.index), layout.RUN)
    return {"Sha256": digest, "Scores": run.scores, "Seconds": run.seconds, "Provenance": origin}


def _read(entry: EntryFolder, indices: tuple[int, ...]) -> dict[str, Any]:
    """The summary, if it tells of the runs that there are: of these indices, and of these very files.

    Raises:
        FileNotFoundError: there is none; CorruptEntryError: it is torn, or tells of something else.
    """
    path = f"{entry.path}/{layout.RESULT}"
    document = files.read_json(path)
    fields = Fields(document, path)
    runs = fields.mapping("Runs")
    is_of_these = fields.text("Fingerprint") == entry.fingerprint and set(runs) == set(map(str, indices))
    if not is_of_these or not all(_is_of(entry, index, runs[str(index)]) for index in indices):
        raise CorruptEntryError(f"{path} tells of other runs than there are.")
    return document


def _is_of(entry: EntryFolder, index: int, line: Any) -> bool:
    """Whether a run's manifest lists the file that the summary was made of; old summaries do not say of which."""
    digest = line.get("Sha256", "") if isinstance(line, dict) else None
    if not isinstance(digest, str):
        return False
    return digest.encode() in files.read_bytes(f"{layout.runs(entry.path)}/{layout.run_name(index)}/{layout.MANIFEST}")


def _origins(document: Mapping[str, Any]) -> Origins:
    lines = document["Runs"].values()
    return [line["Provenance"] for line in lines if isinstance(line.get("Provenance"), dict)]


def _result(entry: EntryFolder, document: Mapping[str, Any]) -> Result:
    path = f"{entry.path}/{layout.RESULT}"
    fields = Fields(document, path)
    runs = {index: Fields(line, path) for index, line in _ordered(fields.mapping("Runs"))}
    return Result(
        fingerprint=entry.fingerprint,
        active=fields.mapping("Active"),
        scores={index: run.numbers("Scores") for index, run in runs.items()},
        seconds={index: run.number("Seconds") for index, run in runs.items()},
        path=entry.path,
        provenance={index: run.mapping("Provenance") for index, run in runs.items()},
    )


def _ordered(runs: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    yield from sorted((int(index), line) for index, line in runs.items())
