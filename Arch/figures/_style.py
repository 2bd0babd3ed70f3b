"""The style of all figures: sizes for one column of print, and marks that differ without colour."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

COLUMN = 3.5  # inches, the width of a column of a two-column journal
LINE = 0.13  # inches, a line of small text with its leading

# Okabe & Ito, "Color Universal Design" (2008), without their yellow, which is too faint for a line on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")  # 7 and 10 share no factor: 70 distinct pairs


@contextmanager
def style() -> Iterator[None]:
    """Applies the project's style to drawing and saving, independent of the user's matplotlib settings."""
    import matplotlib as mpl  # listing the figures' names must not import it

    ticks = {"labelsize": 7, "major.width": 0.6}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("font", size=8)
        mpl.rc("axes", labelsize=8, linewidth=0.6, axisbelow=True, grid=True)
        mpl.rc("axes.spines", top=False, right=False)
        mpl.rc("grid", color="#dddddd", linewidth=0.5)
        mpl.rc("xtick", **ticks)
        mpl.rc("ytick", **ticks)
        mpl.rc("lines", linewidth=1.2, markersize=3.5)
        mpl.rc("legend", fontsize=7, frameon=False, labelspacing=0.3)
        mpl.rc("pdf", fonttype=42)  # TrueType: journals require it, and its text can be searched
        mpl.rc("savefig", dpi=200)
        yield


def colour(index: int) -> str:
    """Returns the colour of the experiment at this place."""
    return COLOURS[index % len(COLOURS)]


def marker(index: int) -> str:
    """Returns the marker of the experiment at this place."""
    return MARKERS[index % len(MARKERS)]
