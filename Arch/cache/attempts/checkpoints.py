"""Two checkpoint files written in turn: if writing one fails, the other is still complete."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from Arch import files
from Arch.cache.fields import Fields
from Arch.errors import CorruptEntryError

_NAMES = ("checkpoint-0", "checkpoint-1")
_HEADER = 256  # bytes in which the first line ends


@dataclass(frozen=True)
class Checkpoint:
    """A state to resume from.

    Attributes:
        step: how many steps were done.
        payload: the state itself, in the trainer's own format.
    """

    step: int
    payload: bytes


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one run.

    A file is a line of JSON (`Place`, the step; `Sha256` of the step and the payload), followed by the payload.

    Attributes:
        folder: the run's work folder.
    """

    folder: Path

    def save(self, step: int, payload: bytes) -> None:
        """Writes a checkpoint over the older one of the two.

        Raises:
            DiskError: it cannot be written; both earlier checkpoints stay.
        """
        header = {"Place": step, "Sha256": _sha256(step, payload)}
        files.make_folder(self.folder)
        older = min(self._paths(), key=_step)
        files.write_atomically(older, json.dumps(header).encode() + b"\n" + payload)

    def newest(self) -> Checkpoint | None:
        """Reads the latest checkpoint that is complete, or returns None if there is none; raises DiskError."""
        for path in sorted(self._paths(), key=_step, reverse=True):
            try:
                return _checkpoint(path, files.read_bytes(path))
            except (FileNotFoundError, CorruptEntryError):
                continue
        return None

    def step(self) -> int:
        """Returns the step of the latest checkpoint as its header states it, unverified; 0 if there is none."""
        return max(map(_step, self._paths()))

    def discard(self) -> None:
        """Removes both checkpoints. Raises DiskError."""
        for path in self._paths():
            files.remove(path)

    def _paths(self) -> tuple[str, ...]:
        return tuple(f"{self.folder}/{name}" for name in _NAMES)


def _step(path: str) -> int:
    try:
        return _header(path, files.read_start(path, _HEADER)).count("Place")
    except (FileNotFoundError, CorruptEntryError):
        return 0


def _checkpoint(path: str, content: bytes) -> Checkpoint:
    fields = _header(path, content[:_HEADER])
    _, _, payload = content.partition(b"\n")
    step = fields.count("Place")
    if _sha256(step, payload) != fields.text("Sha256"):
        raise fields.invalid("Sha256", "that of the step and the payload")
    return Checkpoint(step, payload)


def _sha256(step: int, payload: bytes) -> str:
    import hashlib  # reading a finished run must not pay for this import

    digest = hashlib.sha256(b"%d\n" % step)
    digest.update(payload)
    return digest.hexdigest()


def _header(path: str, content: bytes) -> Fields:
    line, _, _ = content.partition(b"\n")
    try:
        header: Any = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise Fields({}, path).invalid("Place", "a whole number")
    return Fields(header, path)
