"""Literal experiments, and the matplotlib figure on which they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from Arch.figures import FIGURES
from Arch.figures._style import style
from Arch.report.arrays import Array
from Arch.types import ArrayInfo, Epoch, Result, Run

EVALUATED = {
    "confusion": np.array([[3, 1], [0, 4]]),
    "bin_count": np.array([0, 8]),
    "bin_confidence": np.array([np.nan, 0.75]),
    "bin_accuracy": np.array([np.nan, 0.875]),
}


@dataclass(frozen=True)
class Shown:
    label: str
    result: Result
    runs: tuple[Run, ...]

    def arrays(self, run):
        """The arrays of an evaluation for each run with an accuracy."""
        if "accuracy" not in self.result.scores.get(run, {}):
            return {}
        return {name: Array(values, ArrayInfo(("axis",) * values.ndim, name)) for name, values in EVALUATED.items()}


def _shown(label, accuracies, epochs=(), provenance=()):
    """An experiment with these headline accuracies.

    `epochs` are each run's [(train, test), ...] with metrics as in `Epoch`; `provenance` is each run's.
    """
    runs = tuple(
        Run(index, 0, tuple(Epoch(number, *pair, {}, 0.1, 1.0) for number, pair in enumerate(pairs, 1)), {}, 1.0)
        for index, pairs in enumerate(epochs)
    )
    result = Result(
        fingerprint="f" * 32,
        active={},
        scores={index: {"accuracy": accuracy} for index, accuracy in enumerate(accuracies)},
        seconds=dict.fromkeys(range(len(accuracies)), 1.0),
        path=Path("KDTrainer/ffff"),
        provenance=dict(enumerate(provenance)),
    )
    return Shown(label, result, runs)


@pytest.fixture
def shown():
    return _shown


@pytest.fixture
def sheet_of():
    """Draws a figure by name and returns the sheet, laid out."""
    from matplotlib.figure import Figure as Sheet

    def draw(name, experiments):
        with style():
            sheet = Sheet(layout="constrained")
            FIGURES[name](experiments, sheet)
            sheet.draw_without_rendering()
        return sheet

    return draw
