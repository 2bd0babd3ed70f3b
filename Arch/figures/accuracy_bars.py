"""Bars of test accuracies, one per experiment."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from Arch.errors import ArchError
from Arch.figures import FIGURES, Exhibit, views
from Arch.figures._style import COLOURS, COLUMN, LINE
from Arch.figures.text import named, unlike_note
from Arch.report import percent
from Arch.types import Statistic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

LABEL = 26  # characters of a label's line, which leave half the column to the bars
BAR = 0.2  # inches, the thickness of a bar
GAP = 0.07  # inches between two bars, or between two labels if these are higher
FRAME = 0.45  # inches for the axis and its name


@dataclass(frozen=True)
class _Bar:
    """One experiment's accuracies in percent, run by run, its name, and in what its runs are unlike."""

    name: str
    accuracies: tuple[float, ...]
    unlike: Mapping[str, tuple[Any, ...]]

    @property
    def statistic(self) -> Statistic:
        return Statistic.of([*self.accuracies])

    @property
    def height(self) -> float:
        """The height in inches, with the gap to the next bar."""
        return GAP + max(BAR, LINE * (1 + self.name.count("\n")))

    @property
    def ends(self) -> tuple[float, ...]:
        """The values that the axis has to contain: the runs and the ends of the error bar."""
        mean, std = self.statistic.mean, self.statistic.std or 0.0
        return (*self.accuracies, mean - std, mean + std)


@FIGURES.register("accuracy-bars")
def accuracy_bars(experiments: Sequence[Exhibit], sheet: Sheet) -> None:
    """Test accuracy of each experiment: mean, standard deviation over runs, and every run."""
    bars = views(experiments, _bar)
    height = sum(bar.height for bar in bars) + LINE * len(_notes(bars)) + FRAME
    sheet.set_size_inches(COLUMN, height)
    _draw_bars(bars, sheet.subplots())


def _bar(experiment: Exhibit) -> _Bar:
    result = experiment.result
    accuracies = [100 * run["accuracy"] for _, run in sorted(result.scores.items()) if "accuracy" in run]
    if not accuracies:
        raise ArchError("no run has an accuracy")
    unlike = result.unlike if len(accuracies) > 1 else {}
    return _Bar(named(experiment.label, f"{len(accuracies)}", LABEL, is_unlike=bool(unlike)), tuple(accuracies), unlike)


def _draw_bars(bars: Sequence[_Bar], axes: Axes) -> None:
    """Draws one horizontal bar per experiment, from top to bottom; the vertical axis is in inches.

    A bar is the mean, its error bar one sample standard deviation (n - 1) to each side, its dots are the runs.
    """
    means = [bar.statistic.mean for bar in bars]
    edges = [0.0, *itertools.accumulate(bar.height for bar in bars)]
    places = [(top + bottom) / 2 for top, bottom in itertools.pairwise(edges)]
    axes.barh(places, means, BAR, color=COLOURS[5], edgecolor="black", linewidth=0.6)
    for place, bar in zip(places, bars, strict=True):
        _draw_runs(axes, place, bar)
        axes.text(1.03, place, percent(bar.statistic), transform=axes.get_yaxis_transform(), va="center", size=7)
    axes.set_yticks(places, [bar.name for bar in bars])
    axes.set_ylim(edges[-1], 0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(*_limits(bars))
    axes.set_xlabel("\n".join(["Test accuracy (%)", *_notes(bars)]), size=7)


def _draw_runs(axes: Axes, place: float, bar: _Bar) -> None:
    n, statistic = len(bar.accuracies), bar.statistic
    if statistic.std is None:
        heights = [place]
    else:  # in two rows beside the error bar, and spread so that equal runs do not overlap
        sides = [1 if index % 2 else -1 for index in range(n)]
        heights = [place + side * BAR * (0.2 + 0.25 * index / n) for index, side in enumerate(sides)]
        axes.errorbar(statistic.mean, place, xerr=statistic.std, fmt="none", ecolor="black", capsize=2, linewidth=1)
    dots: dict[str, Any] = {"color": "white", "markeredgecolor": "black", "markeredgewidth": 0.5}
    axes.plot(bar.accuracies, heights, "o", markersize=2.5, clip_on=False, **dots)


def _limits(bars: Sequence[_Bar]) -> tuple[float, float]:
    """Returns the start and end of the axis in percent: from 0, unless that would hide the differences."""
    ends = [end for bar in bars for end in bar.ends]
    low, high = min(ends), max(ends)
    spread = max(high - low, 2.0)
    step = 1 if spread < 10 else 5
    left = step * math.floor((low - spread) / step)  # the lowest value is in the middle, or right of it
    return (float(left) if left > high / 2 else min(0.0, low)), max(high, min(100.0, high + 0.1 * spread))


def _notes(bars: Sequence[_Bar]) -> list[str]:
    left, _ = _limits(bars)
    unlike = unlike_note(bar.unlike for bar in bars)
    notes = {
        f"axis starts at {left:g} %, not at 0": left > 0,
        "dots: runs, whiskers: standard deviation": any(len(bar.accuracies) > 1 for bar in bars),
        unlike: bool(unlike),
    }
    return [note for note, holds in notes.items() if holds]
