"""Confusion matrices: the true and the predicted class of each sample, counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from Arch.errors import ArchError
from Arch.figures import FIGURES, Exhibit, views
from Arch.figures._style import COLUMN
from Arch.figures.text import figure_text, named, unlike_note

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

MOST_NUMBERS = 12  # classes up to which each cell has its number
MOST_NAMES = 30  # classes up to which the axes name them
TITLE = 42  # characters of a line above a panel


@dataclass(frozen=True, eq=False)
class _Matrix:
    """Counts of an experiment's predictions, summed over its runs."""

    title: str
    unlike: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    classes: tuple[str, ...]

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """Percent of each class that is predicted as each; 0 for a class without samples."""
        shares: npt.NDArray[np.float64] = 100 * self.counts / self.counts.sum(axis=1, keepdims=True).clip(min=1)
        return shares


@FIGURES.register("confusion")
def confusion(experiments: Sequence[Exhibit], sheet: Sheet) -> None:
    """Confusion matrix of each evaluation: percent of each class that is predicted as each class, over all runs."""
    matrices = views(experiments, _matrix)
    columns = min(2, len(matrices))
    rows = math.ceil(len(matrices) / columns)
    sheet.set_size_inches(COLUMN * columns, (COLUMN + 0.15) * rows)
    panels = list(sheet.subplots(rows, columns, squeeze=False).flat)
    for axes, matrix in zip(panels, matrices, strict=False):
        image = _draw(axes, matrix)
    for axes in panels[len(matrices) :]:
        axes.set_axis_off()
    if note := unlike_note(each.unlike for each in matrices):
        sheet.supxlabel(note, size=7)
    sheet.colorbar(image, ax=panels, label="Share of the class (%)", shrink=0.7)


def _matrix(experiment: Exhibit) -> _Matrix:
    runs = experiment.runs
    found = [experiment.arrays(run.index) for run in runs]
    counts = [arrays["confusion"].values for arrays in found if "confusion" in arrays]
    if not counts:
        raise ArchError("no run has a confusion matrix. `main.py evaluate` makes one.")
    total: Any = sum(counts[1:], start=counts[0])
    names = runs[0].provenance.get("class_names", range(len(total)))
    unlike = tuple(experiment.result.unlike) if len(counts) > 1 else ()
    title = named(experiment.label, f"{len(counts)}", TITLE, is_unlike=bool(unlike))
    return _Matrix(title, unlike, total, tuple(map(figure_text, names)))


def _draw(axes: Axes, matrix: _Matrix) -> Any:
    shares, count = matrix.shares, len(matrix.counts)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
    axes.grid(visible=False)
    axes.set_title(matrix.title, size=8)
    axes.set_xlabel("Predicted class")
    axes.set_ylabel("Class")
    if count <= MOST_NAMES:
        size = 7 if count <= MOST_NUMBERS else 5
        axes.set_xticks(range(count), matrix.classes, rotation=90, size=size)
        axes.set_yticks(range(count), matrix.classes, size=size)
    if count <= MOST_NUMBERS:
        for row in range(count):
            for column in range(count):
                share = shares[row, column]
                colour = "white" if share > 50 else "black"
                axes.text(column, row, f"{share:.0f}", ha="center", va="center", size=6, color=colour)
    return image
