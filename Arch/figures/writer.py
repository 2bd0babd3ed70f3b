"""Draws a figure by its name and writes its files."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from Arch import files
from Arch.errors import ArchError
from Arch.figures import FIGURES, Exhibit, Figure, UnsuitableError
from Arch.figures._fonts import boxes_allowed, fit_fonts
from Arch.figures._style import LINE, style
from Arch.figures.text import spell_out_broken_formulas

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet


@dataclass(frozen=True)
class Drawing:
    """A figure on disk.

    Attributes:
        paths: its files, PNG (200 dpi) and PDF.
        left_out: the labels of the experiments that lack what the figure shows, with the reason.
        boxes: the characters that no installed font has, drawn as boxes.
    """

    paths: tuple[Path, ...]
    left_out: tuple[tuple[str, ArchError], ...] = ()
    boxes: str = ""


def draw(name: str, experiments: Sequence[Exhibit], out: Path, stem: str = "", *, asked: int = 0) -> Drawing:
    """Draws the figure called `name` and saves it in the folder `out`, which is made if it is missing.

    Args:
        name: a name in `FIGURES`.
        experiments: the experiments, in the order to show them; those that lack what the figure shows are left out.
        out: the folder for the files.
        stem: the beginning of the files' names, before the figure's own; other characters than letters, digits,
            `.`, `_` and `-` become `-`.
        asked: how many experiments should be shown; a figure of fewer says so in its head. 0 if no number was asked.

    Returns:
        The files, and the experiments that were left out. Equal experiments give equal bytes.

    Raises:
        UnknownNameError: there is no such figure.
        UnsuitableError: every experiment lacks what the figure shows.
        ArchError: there is nothing to draw.
        DiskError: the files cannot be written.
    """
    figure = FIGURES[name]
    if not experiments:
        raise ArchError(f"there is no experiment to draw as {name}. Name at least one that has runs in the cache.")
    with style():
        sheet, left_out = _drawn_of_suitable(figure, experiments)
        shown = len(experiments) - len(left_out)
        if shown < asked:
            _say(sheet, f"{shown} of {asked} experiments")
        spell_out_broken_formulas(sheet)
        boxes = fit_fonts(sheet)
        with boxes_allowed():
            paths = save(sheet, out / _file_name(name, stem))
        return Drawing(tuple(paths), tuple(left_out), boxes)


def _drawn_of_suitable(figure: Figure, experiments: Sequence[Exhibit]) -> tuple[Sheet, list[tuple[str, ArchError]]]:
    """Draws those experiments that have what the figure shows; returns the labels of the others with the reasons."""
    left_out: list[tuple[str, ArchError]] = []
    while True:
        try:
            return _drawn(figure, experiments), left_out
        except UnsuitableError as problem:
            if len(problem.reasons) in (0, len(experiments)):
                raise
            left_out += [(experiments[index].label, reason) for index, reason in problem.reasons.items()]
            experiments = [each for index, each in enumerate(experiments) if index not in problem.reasons]


def _drawn(figure: Figure, experiments: Sequence[Exhibit]) -> Sheet:
    from matplotlib.figure import Figure as Sheet  # 0.3 s that a cached answer need not spend

    sheet = Sheet(layout="constrained")
    figure(experiments, sheet)
    return sheet


def _say(sheet: Sheet, note: str) -> None:
    """Adds a small line above a drawn sheet, since a figure is shown without the program's messages."""
    width, height = sheet.get_size_inches()
    sheet.set_size_inches(width, height + LINE)
    title = sheet.get_suptitle()
    sheet.suptitle(f"{title}\n{note}" if title else note, size=None if title else 7, color="#555555")


def _file_name(name: str, stem: str) -> str:
    return re.sub(r"[^\w.-]+", "-", f"{stem}-{name}" if stem else name)


def save(sheet: Sheet, stem: Path) -> list[Path]:
    """Writes a drawn sheet as `<stem>.png` and `<stem>.pdf`, atomically and without a date inside.

    Raises:
        DiskError: the files cannot be written.
    """
    files.make_folder(stem.parent)
    undated = {"png": {"Software": None}, "pdf": {"Creator": None, "Producer": None, "CreationDate": None}}
    saved = []
    for ending, metadata in undated.items():
        content = io.BytesIO()
        sheet.savefig(content, format=ending, metadata=metadata)
        saved.append(stem.with_name(f"{stem.name}.{ending}"))
        files.write_atomically(saved[-1], content.getvalue())
    return saved
