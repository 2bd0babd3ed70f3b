"""Curves of loss and accuracy against epochs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from Arch.errors import ArchError
from Arch.figures import FIGURES, Exhibit, views
from Arch.figures._style import COLUMN, LINE, colour, marker
from Arch.figures.text import named, unlike_note
from Arch.types import Run

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

Split = Literal["train", "test"]
SPLITS: tuple[Split, ...] = ("test", "train")
METRICS = ("loss", "accuracy")
LABEL = 52  # characters of a line of the legend; as many as fit into a column
PANELS = 3.6  # inches, the height of both panels together
SPACING = 0.03  # inches between two entries of the legend
BAND = 0.15  # opacity
MARKS = {"test": 8, "train": 4}  # the approximate number of markers on a line


@dataclass(frozen=True)
class Curve:
    """A metric against epochs: mean, lowest and highest value over the runs that have it, and their number."""

    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    n: tuple[int, ...]


def curve(runs: Iterable[Run], split: Split, metric: str) -> Curve:
    """Computes the curve of one metric on one split, without the epochs in which no run has it."""
    values: dict[int, list[float]] = {}
    for run in runs:
        for epoch in run.epochs:
            metrics = epoch.train if split == "train" else epoch.test
            if metric in metrics:
                values.setdefault(epoch.number, []).append(metrics[metric])
    points = sorted(values.items())
    return Curve(
        epochs=tuple(epoch for epoch, _ in points),
        mean=tuple(sum(found) / len(found) for _, found in points),
        low=tuple(min(found) for _, found in points),
        high=tuple(max(found) for _, found in points),
        n=tuple(len(found) for _, found in points),
    )


@dataclass(frozen=True)
class _Curves:
    """One experiment's name in the legend and its curves."""

    name: str
    curves: Mapping[tuple[Split, str], Curve]
    unlike: tuple[str, ...]
    tests_nll: bool

    @property
    def has_band(self) -> bool:
        return any(max(curve.n, default=0) > 1 for curve in self.curves.values())


@FIGURES.register("training-curves")
def training_curves(experiments: Sequence[Exhibit], sheet: Sheet) -> None:
    """Loss and accuracy against epochs, training and test, with a band from the lowest to the highest run."""
    from matplotlib.ticker import MaxNLocator  # listing the figures' names must not import matplotlib

    shown = views(experiments, _curves_of)
    handles = _legend(shown)
    lines = sum(1 + str(handle.get_label()).count("\n") for handle in handles)
    sheet.set_size_inches(COLUMN, PANELS + LINE * lines + SPACING * len(handles))
    upper, lower = sheet.subplots(2, 1, sharex=True)
    _draw_curves(shown, upper, "loss")
    _draw_curves(shown, lower, "accuracy", scale=100)
    upper.set_ylabel(_scale_loss(shown, upper))
    lower.set_ylabel("Accuracy (%)")
    lower.set_xlabel("Epoch")
    lower.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    # Older matplotlibs leave out handles whose labels start with an underscore.
    legend = sheet.legend(handles, ["-"] * len(handles), loc="outside lower left")
    for text, handle in zip(legend.get_texts(), handles, strict=True):
        text.set_text(str(handle.get_label()))


def _curves_of(experiment: Exhibit) -> _Curves:
    runs = experiment.runs
    curves = {(split, metric): curve(runs, split, metric) for split in SPLITS for metric in METRICS}
    nll = curve(runs, "test", "nll")
    if tests_nll := bool(nll.epochs and not curves["test", "loss"].epochs):
        curves["test", "loss"] = nll  # a study's loss may be defined in training only; the NLL is always defined
    counts = [n for one in curves.values() for n in one.n]
    if not counts:
        raise ArchError("no run has epochs with a loss or an accuracy")
    n = f"{max(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    unlike = tuple(experiment.result.unlike) if max(counts) > 1 else ()
    return _Curves(named(experiment.label, n, LABEL, is_unlike=bool(unlike)), curves, unlike, tests_nll)


def _draw_curves(shown: Sequence[_Curves], axes: Axes, metric: str, scale: float = 1.0) -> None:
    """Draws one metric's curves: training dashed and hollow, test solid and filled, means over bands.

    Args:
        shown: the experiments.
        axes: the axes to draw on.
        metric: one of `METRICS`.
        scale: the factor of the values, 100 for percent.
    """
    for place, each in enumerate(shown):
        for split in SPLITS:
            one = each.curves[split, metric]
            low, mean, high = ([scale * value for value in values] for values in (one.low, one.mean, one.high))
            every = max(1, len(mean) // MARKS[split])
            start = place * every // len(shown)  # shifted, so that markers of neighbouring curves do not coincide
            axes.plot(one.epochs, mean, markevery=(start, every), **_look(place, split))
            if max(one.n, default=0) > 1:
                axes.fill_between(one.epochs, low, high, color=colour(place), alpha=BAND, linewidth=0)


def _scale_loss(shown: Sequence[_Curves], axes: Axes) -> str:
    """Makes the axis logarithmic if losses differ by a factor above 10, and returns its label."""
    from matplotlib.ticker import LogLocator  # as in training_curves

    losses = [each.curves[split, "loss"] for each in shown for split in SPLITS]
    lowest = min((loss for one in losses for loss in one.low), default=0)
    highest = max((loss for one in losses for loss in one.high), default=0)
    is_logarithmic = 0 < 10 * lowest <= highest
    if is_logarithmic:
        axes.set_yscale("log", subs=[])
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if highest < 100 * lowest else (1,)))
        axes.yaxis.set_major_formatter("{x:g}")
    details = {"logarithmic": is_logarithmic, "test: NLL": any(each.tests_nll for each in shown)}
    notes = [detail for detail, holds in details.items() if holds]
    return f"Loss ({', '.join(notes)})" if notes else "Loss"


def _look(place: int, split: Split) -> dict[str, Any]:
    shared = {"color": colour(place), "marker": marker(place)}
    if split == "train":
        return shared | {"linestyle": "--", "markerfacecolor": "white", "linewidth": 0.9, "markersize": 3}
    return shared | {"linestyle": "-"}


def _legend(shown: Sequence[_Curves]) -> list[Artist]:
    """Returns a legend handle for each experiment, each line style, the band and the mark of unlike runs."""
    from matplotlib.lines import Line2D  # as in training_curves
    from matplotlib.patches import Patch

    handles: list[Artist] = [
        Line2D([], [], label=each.name, **_look(place, "test")) for place, each in enumerate(shown)
    ]
    handles += [Line2D([], [], label=split, **_look(0, split) | {"color": "#555555"}) for split in SPLITS]
    if any(each.has_band for each in shown):
        handles.append(Patch(color="#555555", alpha=BAND, label="band: lowest to highest run, line: mean"))
    if note := unlike_note(each.unlike for each in shown):
        handles.append(Patch(visible=False, label=note))
    return handles
