"""Figures of cached experiments: the registry, and the interface of a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from Arch.errors import ArchError
from Arch.registry.registry import Registry
from Arch.report.arrays import Array
from Arch.types import Result, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

View = TypeVar("View")


class Exhibit(Protocol):
    """One experiment as a figure reads it."""

    @property
    def label(self) -> str:
        """A text that distinguishes it from the other experiments of the figure."""

    @property
    def result(self) -> Result:
        """Its summary: the scores of every run."""

    @property
    def runs(self) -> Sequence[Run]:
        """Its runs with all their epochs; a figure that reads only `result` does not load them."""

    def arrays(self, run: int) -> Mapping[str, Array]:
        """Returns the arrays of one of its runs, by name."""


class Figure(Protocol):
    """A function that gives a sheet its size and draws experiments on axes it lays out there."""

    def __call__(self, experiments: Sequence[Exhibit], sheet: Sheet) -> None:
        """Draws the experiments.

        Args:
            experiments: at least one, in the order to show them.
            sheet: an empty matplotlib figure with constrained layout, in the project's style.

        Raises:
            UnsuitableError: some experiments lack what this figure shows; the figure is then called again, on another
                sheet, without these.
            ArchError: it cannot be drawn at all.
        """


class UnsuitableError(ArchError):
    """Some experiments lack what a figure shows.

    Attributes:
        reasons: why, by the experiment's index among those to draw.
    """

    def __init__(self, reasons: Mapping[int, ArchError]) -> None:
        """Takes the reasons; the message has each of them once."""
        self.reasons = dict(reasons)
        super().__init__("; ".join(dict.fromkeys(map(str, self.reasons.values()))))


def views(experiments: Sequence[Exhibit], view: Callable[[Exhibit], View]) -> list[View]:
    """Returns what a figure shows of each experiment.

    Args:
        experiments: the experiments to draw.
        view: gives what the figure shows of one; raises ArchError where that is missing or cannot be read.

    Raises:
        UnsuitableError: `view` refused some of them.
    """
    found: list[View] = []
    reasons: dict[int, ArchError] = {}
    for index, experiment in enumerate(experiments):
        try:
            found.append(view(experiment))
        except ArchError as problem:
            reasons[index] = problem
    if reasons:
        raise UnsuitableError(reasons)
    return found


FIGURES: Registry[Figure] = Registry("figure", __name__)
