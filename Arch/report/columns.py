"""Text in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], sides: str) -> list[str]:
    """Returns a line for each row, with its cells in columns two blanks apart and no blanks at the end.

    Args:
        rows: cells; as many in each row as there are columns.
        sides: the alignment of each column, `<` or `>`, as in format strings.
    """
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    formats = [f"{side}{width}" for side, width in zip(sides, widths, strict=bool(rows))]
    return ["  ".join(map(format, row, formats)).rstrip() for row in rows]
