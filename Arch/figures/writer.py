"""From a figure's name to its files."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from Arch import files
from Arch.errors import ArchError
from Arch.figures import FIGURES
from Arch.figures._style import style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure as Sheet

    from Arch.figures import Exhibit


def draw(name: str, experiments: Sequence[Exhibit], out: Path, stem: str = "") -> list[Path]:
    """Draws the figure called `name` and saves it in the folder `out`, which is made if it is missing.

    Args:
        name: a name in `FIGURES`.
        experiments: what to draw, in the order to show it.
        out: the folder for the files.
        stem: what the files' names begin with, before the figure's own; other characters than letters, digits,
            `.`, `_` and `-` become `-`.

    Returns:
        The files, PNG (200 dpi) and PDF. Equal experiments give equal bytes.

    Raises:
        UnknownNameError: there is no such figure.
        ArchError: there is nothing to draw, or an experiment lacks what the figure shows.
        DiskError: the files cannot be written.
    """
    from matplotlib.figure import Figure as Sheet  # a cached answer draws nothing and must not pay 0.3 s

    figure = FIGURES[name]
    if not experiments:
        raise ArchError(f"there is no experiment to draw as {name}. Name at least one that has runs in the cache.")
    with style():
        sheet = Sheet(layout="constrained")
        figure(experiments, sheet)
        return save(sheet, out / re.sub(r"[^\w.-]+", "-", f"{stem}-{name}" if stem else name))


def save(sheet: Sheet, stem: Path) -> list[Path]:
    """Writes a drawn sheet as `<stem>.png` and `<stem>.pdf`, each in one step and without a date inside.

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
