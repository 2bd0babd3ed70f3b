"""Text in columns; every line is written out by hand."""

from Arch.report.columns import aligned


def test_cells_are_padded_to_the_width_of_their_column():
    assert aligned([("a", "10", "x"), ("long", "7", "")], "<><") == ["a     10  x", "long   7"]


def test_no_rows_are_no_lines():
    assert aligned([], "<>") == []
