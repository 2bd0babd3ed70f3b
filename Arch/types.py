"""The frozen records that the layers of the package exchange."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# runs that differ in one of these agree only up to rounding, which a statistic over them has to state
COMPARED = ("device", "threads", "torch")
VERSION = " version"  # ends the names of components whose versions differ

# what `{split}` in a DataPath stands for: the training split, then the other names of the test split
SPLIT_WORDS = ("train", "test", "val", "valid")


@dataclass(frozen=True)
class Epoch:
    """The metrics of one pass over the training samples.

    Attributes:
        number: one-based.
        train: means over the epoch's training samples, by metric (`loss`, `accuracy`, one `loss/TERM` each).
        test: metrics over all test samples, or empty if `EvalInterval` skipped the epoch.
        validation: the same over the validation split, or empty if there is none.
        learning_rate: the learning rate of the epoch's first step.
        seconds: wall time of training, without evaluation.
        stage: the name of its stage in a run of several stages, else empty; numbers count within a stage.
    """

    number: int
    train: Mapping[str, float]
    test: Mapping[str, float]
    validation: Mapping[str, float]
    learning_rate: float
    seconds: float
    stage: str = ""


@dataclass(frozen=True)
class ArrayInfo:
    """The description of an array of a run.

    Attributes:
        axes: a name for each axis.
        meaning: one line on the values, with their unit.
        missing: why values are missing (NaN); empty if none is.
    """

    axes: tuple[str, ...]
    meaning: str
    missing: str = ""


@dataclass(frozen=True)
class Run:
    """One finished run of an experiment, immutable once committed.

    Attributes:
        index: the run's number in its experiment, from 0.
        seed: the config's `Seed`; the run's streams derive from (`seed`, `index`).
        epochs: in order; none if the study has none.
        scores: the headline numbers: `accuracy` and the like of the last epoch, `best_*` where a best is chosen.
        seconds: wall time of the whole run over all sessions, without work that was lost between them.
        provenance: device, threads, precision, versions, git commit, data digest, input shape, classes, device seconds,
            attempts, and the `sessions` that the run was made in, if they differ, each with its values of `COMPARED`.
        arrays: what the arrays in the run's `Arrays.safetensors` are, by name.
    """

    index: int
    seed: int
    epochs: tuple[Epoch, ...]
    scores: Mapping[str, float]
    seconds: float
    provenance: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, ArrayInfo] = field(default_factory=dict)


@dataclass(frozen=True)
class Statistic:
    """Mean and sample standard deviation (n - 1) over `n` runs; `std` is None for a single run."""

    mean: float
    std: float | None
    n: int

    @classmethod
    def of(cls, values: list[float]) -> Statistic:
        """Computes the statistic of at least one value."""
        n = len(values)
        mean = math.fsum(values) / n  # the statistics module costs 12 ms and refuses infinities
        std = math.hypot(*(value - mean for value in values)) / math.sqrt(n - 1) if n > 1 else None
        return cls(mean, std, n)

    def times(self, factor: float) -> Statistic:
        """Returns the statistic of the same values in another unit, such as percent for fractions."""
        return Statistic(factor * self.mean, None if self.std is None else factor * self.std, self.n)


def headline_of(scores: Iterable[str]) -> str:
    """Returns the score to show where only one can be shown: `accuracy`, else the first; empty without scores."""
    names = tuple(scores)
    return "accuracy" if "accuracy" in names else next(iter(names), "")


def unlike_networks(origins: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Returns in which respects the networks that runs were made from differ, by what the runs recorded.

    Args:
        origins: the provenance of the runs.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for origin in origins:
        recorded = origin.get("accepted_unlike")
        if isinstance(recorded, Mapping):
            for name, values in recorded.items():
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *values)))
    return found


def unlike_versions(origins: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Returns the components of which runs used different versions, with these versions, by what the runs recorded.

    A run that records no version of a component is not compared, except for how a reference is used
    (`KEY.normalization`), which was version 1 before it was recorded.

    Args:
        origins: the provenance of the runs.
    """
    recorded = [each for origin in origins if (each := origin.get("versions"))]
    found: dict[str, tuple[Any, ...]] = {}
    for key in dict.fromkeys(key for each in recorded for key in each):
        before = 1 if key.endswith(".normalization") else None
        values = (each.get(key, before) for each in recorded)
        several = tuple(dict.fromkeys(value for value in values if value is not None))
        if len(several) > 1:
            found[f"{key}{VERSION}"] = several
    return found


@dataclass(frozen=True)
class Result:
    """The result of one experiment: its config's active values and the summary of its runs.

    Attributes:
        fingerprint: the experiment's fingerprint.
        active: the active keys with their values, references as fingerprints.
        scores: each run's scores, by run index.
        seconds: wall time of each run.
        path: the entry's folder.
        provenance: each run's device, threads and versions, for a statistic to state where runs differ.
    """

    fingerprint: str
    active: Mapping[str, Any]
    scores: Mapping[int, Mapping[str, float]]
    seconds: Mapping[int, float]
    path: Path
    provenance: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """The number of runs."""
        return len(self.scores)

    @property
    def headline(self) -> str:
        """The score that tables and progress show: what the runs recorded, else by `headline_of`; may be empty."""
        recorded = next((run["headline"] for run in self.provenance.values() if "headline" in run), None)
        return recorded or headline_of(name for scores in self.scores.values() for name in scores)

    def statistic(self, score: str) -> Statistic | None:
        """Returns mean and spread of one score over the runs that have it, or None if none has."""
        values = [scores[score] for scores in self.scores.values() if score in scores]
        return Statistic.of(values) if values else None

    @property
    def unlike(self) -> Mapping[str, tuple[Any, ...]]:
        """The keys of `COMPARED` that have several values in these runs, with the values.

        A run that was resumed on another device has several values by itself. Differences between the networks that
        runs were made from (`--accept-unlike`) follow, under names such as `Teacher weights`, and components of several
        versions, under names such as `Optimizer version`, each with the values.
        """
        found: dict[str, list[Any]] = {key: [] for key in COMPARED}
        sessions = [session for run in self.provenance.values() for session in run.get("sessions", (run,))]
        for session in sessions:
            for key, values in found.items():
                if session.get(key) not in values:
                    values.append(session.get(key))
        several = {key: tuple(values) for key, values in found.items() if len(values) > 1}
        return several | unlike_networks(self.provenance.values()) | unlike_versions(self.provenance.values())
