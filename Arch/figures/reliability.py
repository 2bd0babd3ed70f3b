"""Reliability diagrams: accuracy against confidence, in bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from Arch.errors import ArchError
from Arch.figures import FIGURES, Exhibit, views
from Arch.figures._style import COLOURS, COLUMN
from Arch.figures.text import named, unlike_note
from Arch.report import percent

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

HEIGHT = 2.9  # inches of a panel
TITLE = 42  # characters of a line above a panel


@dataclass(frozen=True, eq=False)
class _Diagram:
    """Bins of confidence of an experiment's predictions, pooled over its runs."""

    title: str
    unlike: tuple[str, ...]
    count: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]
    error: str


@FIGURES.register("reliability")
def reliability(experiments: Sequence[Exhibit], sheet: Sheet) -> None:
    """Reliability diagram of each evaluation: accuracy by confidence, with the gap to calibration (Guo et al. 2017)."""
    diagrams = views(experiments, _diagram)
    columns = min(2, len(diagrams))
    rows = math.ceil(len(diagrams) / columns)
    sheet.set_size_inches(COLUMN * columns, HEIGHT * rows)
    panels = list(sheet.subplots(rows, columns, squeeze=False).flat)
    for axes, diagram in zip(panels, diagrams, strict=False):
        _draw(axes, diagram)
    for axes in panels[len(diagrams) :]:
        axes.set_axis_off()
    if note := unlike_note(each.unlike for each in diagrams):
        sheet.supxlabel(note, size=7)


def _diagram(experiment: Exhibit) -> _Diagram:
    import numpy as np  # listing the figures' names must not import it

    runs = [experiment.arrays(run.index) for run in experiment.runs]
    runs = [arrays for arrays in runs if "bin_count" in arrays]
    if not runs:
        raise ArchError("no run has confidence bins. `main.py evaluate` makes them.")

    def pooled(name: str) -> npt.NDArray[np.float64]:
        """The mean of a quantity over all predictions in each bin; NaN in an empty one."""
        sums = [np.nan_to_num(arrays[name].values) * arrays["bin_count"].values for arrays in runs]
        with np.errstate(invalid="ignore"):
            mean: npt.NDArray[np.float64] = np.sum(sums, axis=0) / count
        return mean

    count = np.sum([arrays["bin_count"].values for arrays in runs], axis=0).astype(np.float64)
    error = experiment.result.statistic("ece")
    unlike = tuple(experiment.result.unlike) if len(runs) > 1 else ()
    title = named(experiment.label, f"{len(runs)}", TITLE, is_unlike=bool(unlike))
    text = "" if error is None else f"ECE {percent(error.times(100))} %"
    return _Diagram(title, unlike, count, pooled("bin_confidence"), pooled("bin_accuracy"), text)


def _draw(axes: Axes, diagram: _Diagram) -> None:
    bins = len(diagram.count)
    left = [index / bins for index in range(bins)]
    outline: dict[str, Any] = {"align": "edge", "edgecolor": "black", "linewidth": 0.5}
    axes.bar(left, diagram.accuracy, 1 / bins, color=COLOURS[5], label="accuracy", **outline)
    gap = diagram.confidence - diagram.accuracy
    axes.bar(
        left, gap, 1 / bins, diagram.accuracy, color="none", hatch="////", label="gap to the confidence", **outline
    )
    axes.plot([0, 1], [0, 1], color="black", linestyle="--", linewidth=0.8, label="calibrated")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("Confidence")
    axes.set_ylabel("Accuracy")
    axes.set_title(f"{diagram.title}\n{diagram.error}".rstrip(), size=8)
    axes.legend(loc="upper left")
