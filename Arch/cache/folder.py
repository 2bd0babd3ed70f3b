"""Reads the folder of one experiment: `Config.json`, finished runs, and the files of unfinished attempts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch import files
from Arch.cache import layout
from Arch.cache.attempts.work import Work, linked
from Arch.cache.fields import Fields
from Arch.cache.runs import finished, manifest
from Arch.config.names import PLUGINS
from Arch.errors import CacheError, CorruptEntryError
from Arch.types import Run

_TEXTS = {"Title", "Place", "WeightsDigest"}
_PLUGIN_TEXTS = {"Path", "Sha256", "RulesSha256"}


@dataclass(frozen=True)
class EntryFolder:
    """The folder of an experiment, which may not exist yet; it only reads, but for `record`.

    Attributes:
        path: the folder, named by the experiment's fingerprint.
    """

    path: Path

    @property
    def fingerprint(self) -> str:
        """The experiment's fingerprint: 32 hex digits."""
        return self.path.name

    @property
    def exists(self) -> bool:
        """Whether the experiment was ever started: whether there is a `Config.json`."""
        return files.exists(f"{self.path}/{layout.CONFIG}")

    def document(self) -> Mapping[str, Any]:
        """Reads `Config.json`: `Fingerprint`, `Active`, `Defaults`, `References`, `Title`, `Plugins`.

        Raises:
            CacheError: there is no such entry.
            CorruptEntryError: the file is damaged, belongs to another experiment than the folder's name, or is missing
                although there are runs.
        """
        path = f"{self.path}/{layout.CONFIG}"
        try:
            document = files.read_json(path)
        except FileNotFoundError:
            if finished.visible(self.path):
                raise CorruptEntryError(
                    f"{path} is missing, and there are finished runs beside it. Restore it from a copy, or remove the "
                    f"experiment from the cache: {layout.removal(self.path)}."
                ) from None
            raise CacheError(
                f"nothing is cached in {self.path}: no experiment with this fingerprint was started."
            ) from None
        fields = Fields(document, path)
        _check_members(fields)
        if fields.text("Fingerprint") != self.fingerprint:
            raise CorruptEntryError(
                f"{path} belongs to experiment {document['Fingerprint']}, but its folder is named {self.fingerprint}. "
                "If a rehash was interrupted, `main.py rehash --apply` completes it; otherwise rename the "
                f"folder to that fingerprint, or remove it from the cache: {layout.removal(self.path)}."
            )
        return document

    def record(self, facts: Mapping[str, Any]) -> None:
        """Adds members to `Config.json` that are not part of the identity; writes the file only if one changes.

        Raises:
            CacheError, CorruptEntryError: as `document`; CacheError also where the entry is a link and one changes.
            DiskError: the file cannot be written.
        """
        document = self.document()
        if any(document.get(key) != fact for key, fact in facts.items()):
            if files.is_link(self.path):
                raise linked(self.path)
            files.write_json(f"{self.path}/{layout.CONFIG}", {**document, **facts})

    def require_opened(self) -> None:
        """Raises CacheError unless the entry exists."""
        if not self.exists:
            raise CacheError(f"{self.path} has to be opened with its config before a run is made in it.")

    def run_indices(self) -> tuple[int, ...]:
        """Lists the indices of the finished runs, in order.

        Raises:
            CorruptEntryError: a run's folder lacks its manifest.
        """
        return finished.indices(self.path)

    def run_folder(self, index: int) -> Path:
        """Returns the folder of a finished run.

        Raises:
            CacheError: there is no such run.
            CorruptEntryError: the folder lacks its manifest, which is written before a run gets its name.
        """
        return finished.folder_of(self.path, index)

    def has_run(self, index: int) -> bool:
        """Returns whether a run is finished; raises CorruptEntryError as `run_folder` does."""
        return finished.is_finished(self.path, index)

    def run(self, index: int) -> Run:
        """Reads a finished run with all its epochs; raises as `run_folder` does."""
        return finished.run_of(self.path, index)

    def runs(self) -> tuple[Run, ...]:
        """Reads all finished runs, in order; raises as `run_folder` does."""
        return tuple(self.run(index) for index in self.run_indices())

    def weights(self, index: int, which: str) -> Path:
        """Returns the file of a run's weights; `which` is `Last` or `Best`.

        Raises:
            CacheError: there is no such run, or it has no such weights.
            CorruptEntryError: the file is missing or its size differs from the manifest.
        """
        return finished.weights_of(self.path, index, which)

    def read_weights(self, index: int, which: str) -> bytes:
        """Returns the content of the file of a run's weights, which has the SHA-256 of the run's manifest.

        Raises:
            CacheError: as `weights`; CorruptEntryError: as `weights`, or the content has changed since it was written.
        """
        return finished.weights_content_of(self.path, index, which)

    def weights_sha256(self, index: int, which: str) -> str:
        """Returns the SHA-256 of a run's weights by its manifest; raises as `weights` does."""
        path = finished.weights_of(self.path, index, which)
        return manifest.sha256_of(path.parent, path.name)

    def work(self, index: int) -> Work:
        """Returns the files of attempts at a run; does not access the disk, so there may be none."""
        return Work(self.path, index)

    def attempted_runs(self) -> tuple[int, ...]:
        """Lists the indices of runs, finished or not, that have work or claim folders; raises DiskError."""
        names = {*files.list_folder(layout.work(self.path)), *files.list_folder(layout.claims(self.path))}
        return layout.run_indices(list(names))


def _check_members(fields: Fields) -> None:
    """Checks the kinds of a Config.json's members; raises CorruptEntryError."""
    fields.mapping("Active")
    fields.mapping("Defaults")
    references = fields.inside("References")
    for key in references.document:
        reference = references.inside(key)
        reference.text("Fingerprint")
        reference.text("Title")
    for name in _TEXTS & fields.document.keys():
        fields.text(name)
    for plugin in fields.objects(PLUGINS) if PLUGINS in fields.document else ():
        for name in _PLUGIN_TEXTS & plugin.keys():
            Fields(plugin, fields.path).text(name)
