"""Figures of what the cache knows: the registry, and what every figure is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from Arch.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure as Sheet

    from Arch.types import Result, Run


class Exhibit(Protocol):
    """One experiment as a figure sees it."""

    @property
    def label(self) -> str:
        """What tells it from the other experiments of the figure."""

    @property
    def result(self) -> Result:
        """Its summary: the headline scores of every run."""

    @property
    def runs(self) -> Sequence[Run]:
        """Its runs with all their epochs; a figure that reads only `result` does not ask for them."""


class Figure(Protocol):
    """A function that gives a sheet its size and draws experiments on axes it lays out there."""

    def __call__(self, experiments: Sequence[Exhibit], sheet: Sheet) -> None:
        """Draws.

        Args:
            experiments: at least one, in the order to show them.
            sheet: an empty matplotlib figure, constrained layout, the project's style in force.

        Raises:
            ArchError: an experiment lacks what this figure shows.
        """


FIGURES: Registry[Figure] = Registry("figure", __name__)
