"""Reads the datasets of cached runs and compares their digests with those that the runs recorded; imports torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from Arch.cache.entry import Entry
from Arch.config.config import Config
from Arch.errors import ArchError, DataError
from Arch.planning.workspace import Workspace
from Arch.sweep.worker import data_digest
from Arch.types import Run
from Arch.upkeep.verify import Fault


@dataclass(frozen=True)
class DataVerification:
    """Compares the data of entries; reads each dataset once.

    Attributes:
        workspace: the cache and the folder of the data.
        digests: of the datasets that were read, or why they cannot be read, by name, size and path.
        compared: the runs whose data were compared, by fingerprint and index.
        skipped: the runs whose data cannot be compared: they do not record them, or a plugin took part in them.
    """

    workspace: Workspace
    digests: dict[tuple[str, ...], str | ArchError] = field(default_factory=dict)
    compared: set[tuple[str, int]] = field(default_factory=set)
    skipped: set[tuple[str, int]] = field(default_factory=set)

    def faults(self, entry: Entry) -> Iterator[Fault]:
        """Yields a fault for each run whose data are others today, or cannot be read.

        An experiment that a plugin took part in is not compared, since its dataset may be code of the plugin.
        """
        try:
            for run in entry.runs():
                yield from self._run_faults(entry, run)
        except ArchError as problem:
            yield Fault(entry.fingerprint, None, str(entry.path), str(problem))

    def _run_faults(self, entry: Entry, run: Run) -> Iterator[Fault]:
        if "data_digest" not in run.provenance:
            self.skipped.add((entry.fingerprint, run.index))
            return
        path = str(run.provenance.get("data_path", ""))
        config = self.workspace.cached(entry.fingerprint, options={"DataPath": path} if path else {})
        if config.rules.plugins or config.obstacle:
            self.skipped.add((entry.fingerprint, run.index))
            return
        found = self._digest(config, path)
        recorded = str(run.provenance["data_digest"])
        if isinstance(found, ArchError):
            yield _fault(entry, run, path, f"the data cannot be compared: {found}")
            return
        self.compared.add((entry.fingerprint, run.index))
        if found != recorded:
            where = path or f"of {config['Dataset']} in {self.workspace.data}"
            yield _fault(
                entry,
                run,
                path,
                f"the data {where} are not those of run {run.index} of {config.title}: their digest is {found[:12]}, "
                f"not {recorded[:12]}. Put the old data back, or give the new ones a name of their own (DataName).",
            )

    def _digest(self, config: Config, path: str) -> str | ArchError:
        name = (*(str(config.active.get(key)) for key in config.rules.data_keys), path)
        if name not in self.digests:
            try:
                self.digests[name] = data_digest(config, self.workspace.data)
            except DataError as problem:
                self.digests[name] = problem
        return self.digests[name]


def _fault(entry: Entry, run: Run, path: str, message: str) -> Fault:
    return Fault(entry.fingerprint, run.index, path or str(entry.path), message)
