"""Reads every byte of finished runs and compares it with the checksums of their manifests; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from Arch import files
from Arch.cache import layout
from Arch.cache.entry import Entry
from Arch.cache.fields import Fields
from Arch.cache.runs.manifest import MOST_BYTES
from Arch.cache.runs.records import run_from
from Arch.config.json_text import describe
from Arch.errors import CacheError, CorruptEntryError, DiskError

_SUMMARIZED = ("Scores", "Seconds")


@dataclass(frozen=True)
class Fault:
    """A difference from what was written.

    Attributes:
        fingerprint: the entry's fingerprint.
        run: the run's index, or None if the fault is outside the runs.
        path: the file or folder.
        message: the fault and its remedy.
        kind: `damage` of what cannot be made again without a run; `stray`, which is none of the cache's files; or
            `summary`, which is derived from the runs again once it is removed.
    """

    fingerprint: str
    run: int | None
    path: str
    message: str
    kind: Literal["damage", "stray", "summary"] = "damage"


@dataclass(frozen=True)
class Verification:
    """The result of verifying an entry.

    Attributes:
        runs: the number of finished runs.
        size: the number of bytes read of them.
        faults: the faults in the order of the files.
    """

    runs: int
    size: int
    faults: tuple[Fault, ...]


def verify(entry: Entry) -> Verification:
    """Compares an entry's runs with their manifests, its config with its fingerprint and its summary with its runs.

    What another process adds or removes at the same time is no fault. What cannot be read is one.
    """
    try:
        return _verification(entry)
    except DiskError as problem:
        return Verification(0, 0, (Fault(entry.fingerprint, None, str(entry.path), str(problem)),))


def _verification(entry: Entry) -> Verification:
    names = files.list_folder(layout.runs(entry.path))
    checks = [_RunCheck(entry.fingerprint, index, entry.path) for index in layout.run_indices(names)]
    faults = [*_entry_faults(entry, has_runs=bool(names)), *_strays(entry, names)]
    present = []
    for check in checks:
        found = list(check.faults())
        if files.exists(check.folder):  # otherwise it was removed while it was read
            present.append(check)
            faults += found
    faults += _summary_faults(entry, {str(check.index): check.folder for check in present})
    return Verification(len(present), sum(check.size for check in present), tuple(faults))


@dataclass
class _RunCheck:
    """Checks one run's files against its manifest; `size` counts the bytes read."""

    fingerprint: str
    index: int
    entry: Path
    size: int = 0
    folder: str = field(init=False)

    def __post_init__(self) -> None:
        self.folder = f"{layout.runs(self.entry)}/{layout.run_name(self.index)}"

    def faults(self) -> Iterator[Fault]:
        try:
            path = f"{self.folder}/{layout.MANIFEST}"
            listed = Fields(files.read_json(path), path).mapping("Files")
        except FileNotFoundError:
            yield self._fault(layout.MANIFEST, "is missing")
            return
        except (CorruptEntryError, DiskError) as problem:
            yield self._error(layout.MANIFEST, problem)
            return
        for name in listed:
            if layout.is_below(name):
                yield from self._file_faults(name, Fields(listed, path))
            else:
                yield self._outside(name)
        for name in files.files_below(self.folder):
            if name not in listed and name != layout.MANIFEST:
                yield self._stray(name)
        yield from self._record_faults()

    def _file_faults(self, name: str, listed: Fields) -> Iterator[Fault]:
        try:
            known = Fields(listed.mapping(name), listed.path)
            written = known.count("Size", MOST_BYTES), known.digest("Sha256")
            found = files.size_and_sha256(f"{self.folder}/{name}")
        except FileNotFoundError:
            yield self._fault(name, "is missing")
        except (CorruptEntryError, DiskError) as problem:
            yield self._error(name, problem)
        else:
            self.size += found[0]
            if found[0] != written[0]:
                yield self._fault(name, f"has {found[0]} bytes, but {written[0]} were written")
            elif found != written:
                yield self._fault(name, "has another content than was written (its SHA-256 differs)")

    def _record_faults(self) -> Iterator[Fault]:
        path = f"{self.folder}/{layout.RUN}"
        try:
            run = run_from(files.read_json(path, files.MOST_OF_RUNS), path)
        except FileNotFoundError:
            yield from ()  # the manifest lists it, so its absence is reported already
        except (CorruptEntryError, DiskError) as problem:
            yield self._error(layout.RUN, problem)
        else:
            if run.index != self.index:
                yield self._fault(layout.RUN, f"records run {run.index}")

    def _error(self, name: str, problem: CorruptEntryError | DiskError) -> Fault:
        return Fault(self.fingerprint, self.index, f"{self.folder}/{name}", str(problem))

    def _fault(self, name: str, problem: str) -> Fault:
        path = f"{self.folder}/{name}"
        command = layout.removal(self.entry, self.index)
        remedy = f"Restore it from a copy, or {command} and repeat the command that made it"
        return Fault(self.fingerprint, self.index, path, f"{path} {problem}. {remedy}.")

    def _outside(self, name: str) -> Fault:
        path = f"{self.folder}/{layout.MANIFEST}"
        command = layout.removal(self.entry, self.index)
        message = (
            f"{path} is damaged or was edited: it lists {describe(name)}, which is outside of the run and is "
            f"not read. Restore it from a copy, or {command} and repeat the command that made it."
        )
        return Fault(self.fingerprint, self.index, path, message)

    def _stray(self, name: str) -> Fault:
        path = f"{self.folder}/{name}"
        message = f"{path} was not there when the run was committed. Move it away: the run does not need it."
        return Fault(self.fingerprint, self.index, path, message, "stray")


def _entry_faults(entry: Entry, *, has_runs: bool) -> Iterator[Fault]:
    path = f"{entry.path}/{layout.CONFIG}"
    try:
        if entry.exists:
            entry.document()
        elif has_runs:
            message = (
                f"{path} is missing, so it is unknown of which experiment the runs are. Restore it from a copy, or "
                f"remove the folder from the cache: {layout.removal(entry.path)}."
            )
            yield Fault(entry.fingerprint, None, path, message)
    except (CorruptEntryError, DiskError) as problem:
        yield Fault(entry.fingerprint, None, path, str(problem))


def _strays(entry: Entry, names: list[str]) -> Iterator[Fault]:
    for name in names:
        if not layout.run_indices([name]):
            path = f"{layout.runs(entry.path)}/{name}"
            yield Fault(entry.fingerprint, None, path, f"{path} is no run. Move it elsewhere.", "stray")


def _summary_faults(entry: Entry, folders: Mapping[str, str]) -> Iterator[Fault]:
    """Yields the faults of a summary that would be used; one of other runs than those that exist is ignored."""
    path = f"{entry.path}/{layout.RESULT}"
    problem = ""
    try:
        fields = Fields(files.read_json(path, files.MOST_OF_RUNS), path)
        recorded = fields.mapping("Runs")
        is_used = set(recorded) == set(folders) and fields.text("Fingerprint") == entry.fingerprint
        if is_used and not _agrees(entry, fields, recorded, folders):
            problem = "differs from the runs"
    except FileNotFoundError:
        return
    except DiskError as refusal:
        yield Fault(entry.fingerprint, None, path, str(refusal), "summary")
    except CorruptEntryError:
        problem = "is damaged"
    if problem:
        message = f"{path} {problem}. Delete this file: it is derived from the runs again."
        yield Fault(entry.fingerprint, None, path, message, "summary")


def _agrees(entry: Entry, fields: Fields, recorded: Mapping[str, Any], folders: Mapping[str, str]) -> bool:
    try:
        if entry.document()["Active"] != fields.mapping("Active"):
            return False
        records = {
            index: files.read_json(f"{folder}/{layout.RUN}", files.MOST_OF_RUNS) for index, folder in folders.items()
        }
    except (FileNotFoundError, CacheError, DiskError):
        return True  # what it would be compared with is damaged itself, and reported already
    lines = {index: Fields(recorded, fields.path).mapping(index) for index in records}
    return all(_agree(lines[index], record) for index, record in records.items())


def _agree(recorded: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Returns whether the summary's line of a run agrees with the run; it contains only a part of the provenance."""
    origin, full = recorded.get("Provenance"), record.get("Provenance")
    if not isinstance(origin, dict) or not isinstance(full, dict):
        return False
    is_alike = all(recorded.get(name) == record.get(name) for name in _SUMMARIZED)
    return is_alike and all(full.get(key) == value for key, value in origin.items())
