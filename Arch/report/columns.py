"""Text in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

from Arch.escaping import printable


def aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """Returns one line per row: cells padded to the width of their column, joined by two spaces, no trailing spaces.

    Controls in cells are escaped, line ends too.

    Args:
        rows: the rows, each with one cell per column.
        sides: one character per column: `<` aligns it left, `>` right, as in format strings.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    formats = [f"{side}{width}" for side, width in zip(sides, widths, strict=bool(rows))]
    return ["  ".join(map(format, row, formats)).rstrip() for row in rows]
