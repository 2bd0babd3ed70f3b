"""`Result.json`: the scores of all runs in one small file, derived from the runs and checked against them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from Arch import files
from Arch.cache import layout
from Arch.cache.fields import Fields
from Arch.cache.folder import EntryFolder
from Arch.cache.runs import finished, manifest
from Arch.cache.runs.origins import provenance_in
from Arch.errors import CacheError, CorruptEntryError, DiskError
from Arch.types import COMPARED, Result, Run

Origins = Sequence[Mapping[str, Any]]  # the provenance of some runs
# the part of a run's provenance that is needed of ten thousand runs at once; the rest is read from the run itself
KEPT = (
    *COMPARED,
    "headline",
    "sessions",
    "versions",
    "commit",
    "is_edited",
    "host",
    "made_from",
    "startup_seconds",
    "accepted_unlike",
    "data_files",
)


def result_of(entry: EntryFolder) -> Result:
    """Returns the result of the runs in an entry: from the summary if it is of these runs, else from the runs.

    Raises:
        CorruptEntryError: a damaged file prevents it.
        CacheError: there is no such entry.
    """
    try:
        return _result(entry, _read(entry, finished.listed(entry.path)))
    except (FileNotFoundError, CorruptEntryError):
        return _result(entry, _document(entry, entry.run_indices()))


def recorded_runs(entry: EntryFolder) -> tuple[tuple[int, ...], Origins | None]:
    """Returns the finished runs and their provenance by the summary, or None if the summary is not of these runs.

    Raises:
        CorruptEntryError: a run's folder lacks its manifest.
    """
    indices = finished.listed(entry.path)
    try:
        return indices, _origins(_read(entry, indices), f"{entry.path}/{layout.RESULT}")
    except (FileNotFoundError, CorruptEntryError):
        return entry.run_indices(), None


def outdated(origins: Origins, versions: Mapping[str, int | str]) -> dict[str, int | str]:
    """Returns the components that had another version when one of the runs was made, with that version.

    Args:
        origins: provenance of the runs; those without recorded versions are ignored.
        versions: the present versions, by key.
    """
    found: dict[str, int | str] = {}
    for origin in origins:
        recorded = origin.get("versions")
        if recorded and recorded != versions:
            then = {key: recorded.get(key, _unrecorded(key, now)) for key, now in versions.items()}
            found |= {key: number for key, number in then.items() if number != versions[key]}
            found |= _other_files(recorded, versions)
    return found


def _unrecorded(key: str, now: int | str) -> int | str:
    """Returns the version of a component that a run does not record: the present one.

    The version of how a reference is used (`KEY.normalization`) is recorded from version 2 on.
    """
    return 1 if "." in key and not key.endswith(".py") else now


def _other_files(recorded: Mapping[str, Any], versions: Mapping[str, int | str]) -> dict[str, int | str]:
    """Returns the plugin files of a run that equal none of the present ones by name or content, with their digests."""
    present = {now for key, now in versions.items() if key.endswith(".py")}
    if not present:  # no plugin is in use now
        return {}
    return {
        key: then
        for key, then in recorded.items()
        if key.endswith(".py") and key not in versions and then not in present
    }


def refresh(entry: EntryFolder) -> None:
    """Writes the summary of the finished runs; raises as `result_of` does, and DiskError."""
    written: tuple[int, ...] = ()
    # Lists the runs again after writing: if two processes commit at once, the later writer has seen both runs.
    while written != (indices := entry.run_indices()):
        files.write_json(f"{entry.path}/{layout.RESULT}", _document(entry, indices))
        written = indices


def renew(entry: EntryFolder) -> None:
    """Writes the summary after runs were added or removed; without one, readers read the runs."""
    with contextlib.suppress(CacheError, DiskError):
        if entry.run_indices():
            refresh(entry)


def withdraw(entry: EntryFolder, index: int) -> None:
    """Removes a summary that lists a run which is about to be made again. Raises DiskError."""
    path = f"{entry.path}/{layout.RESULT}"
    try:
        is_listed = str(index) in Fields(files.read_json(path, files.MOST_OF_RUNS), path).mapping("Runs")
    except FileNotFoundError:
        return
    except CorruptEntryError:
        is_listed = True
    if is_listed:
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
    """Reads the summary and checks that it is of the runs with these indices and of their present files.

    Raises:
        FileNotFoundError: there is none; CorruptEntryError: it is damaged, or of other runs.
    """
    path = f"{entry.path}/{layout.RESULT}"
    document = files.read_json(path, files.MOST_OF_RUNS)
    fields = Fields(document, path)
    runs = fields.mapping("Runs")
    is_of_these = fields.text("Fingerprint") == entry.fingerprint and set(runs) == set(map(str, indices))
    if not is_of_these or not all(_is_of(entry, index, runs[str(index)]) for index in indices):
        raise CorruptEntryError(f"{path} is not the summary of the finished runs.")
    return document


def _is_of(entry: EntryFolder, index: int, line: Any) -> bool:
    """Returns whether a run's manifest has the digest in the summary; old summaries have none and count as valid."""
    digest = line.get("Sha256", "") if isinstance(line, dict) else None
    if not isinstance(digest, str) or not digest.isascii():
        return False
    path = f"{layout.runs(entry.path)}/{layout.run_name(index)}/{layout.MANIFEST}"
    return digest.encode() in files.read_bytes(path, files.MOST_OF_RUNS)


def _origins(document: Mapping[str, Any], path: str) -> Origins:
    """Returns the provenance of the runs in a summary, without that of old summaries, which have none."""
    lines = [Fields(line, path) for line in document["Runs"].values()]
    return [provenance_in(line) for line in lines if "Provenance" in line.document]


def _result(entry: EntryFolder, document: Mapping[str, Any]) -> Result:
    path = f"{entry.path}/{layout.RESULT}"
    fields = Fields(document, path)
    runs = {index: Fields(line, path) for index, line in _ordered(fields.mapping("Runs"))}
    return Result(
        fingerprint=entry.fingerprint,
        active=fields.mapping("Active"),
        scores={index: run.numbers("Scores") for index, run in runs.items()},
        seconds={index: run.seconds("Seconds") for index, run in runs.items()},
        path=entry.path,
        provenance={index: provenance_in(run) for index, run in runs.items()},
    )


def _ordered(runs: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    yield from sorted((int(index), line) for index, line in runs.items())
