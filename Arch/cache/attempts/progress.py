"""`Progress.json`: how far an unfinished run has come, for other processes to display."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from Arch import files
from Arch.cache.fields import Fields
from Arch.cache.layout import PROGRESS
from Arch.errors import CorruptEntryError, DiskError


@dataclass(frozen=True)
class Progress:
    """The progress of a run.

    Attributes:
        epoch: epochs done.
        epochs: epochs in all.
        step: steps done.
        steps: steps in all.
        seconds: wall time spent on it, all attempts together.
        time: when this was written, in UTC.
        scores: the latest numbers, by metric.
        left: the remaining seconds, evaluations included, where the run estimates them itself.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    seconds: float
    time: str
    scores: Mapping[str, float] = field(default_factory=dict)
    left: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """The estimated remaining time in seconds at the current speed, or None before the first step."""
        if self.left is not None:
            return self.left
        return self.seconds / self.step * (self.steps - self.step) if self.step else None


def save(folder: Path, progress: Progress) -> None:
    """Writes the progress into a run's work folder. Raises DiskError."""
    document: dict[str, Any] = {
        "Epoch": progress.epoch,
        "Epochs": progress.epochs,
        "Step": progress.step,
        "Steps": progress.steps,
        "Seconds": progress.seconds,
        "Time": progress.time,
        "Scores": dict(progress.scores),
    }
    if progress.left is not None:
        document["SecondsLeft"] = progress.left
    files.write_json(folder / PROGRESS, document)


def read(folder: Path) -> Progress | None:
    """Reads the progress in a run's work folder, or returns None if there is none that can be read."""
    path = f"{folder}/{PROGRESS}"
    try:
        fields = Fields(files.read_json(path), path)
        return Progress(
            epoch=fields.count("Epoch"),
            epochs=fields.count("Epochs"),
            step=fields.count("Step"),
            steps=fields.count("Steps"),
            seconds=fields.seconds("Seconds"),
            time=fields.text("Time"),
            scores=fields.numbers("Scores"),
            left=fields.number("SecondsLeft") if "SecondsLeft" in fields.document else None,
        )
    except (FileNotFoundError, CorruptEntryError, DiskError):
        return None
