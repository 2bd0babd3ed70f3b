"""Text of users in figures: it is never markup."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from Arch.escaping import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

_UNBROKEN = "\N{NO-BREAK SPACE}"
_FILLER = "\0"  # takes the second place of a wide character; `printable` has left none in the text
_MOST = 20  # characters that a note lists
_NOTE = 40  # characters of a line of a note


def figure_text(text: object) -> str:
    """Returns a text for matplotlib that is drawn as it is: no formula between dollar signs, no control characters."""
    return printable(str(text)).replace("$", r"\$")


def named(label: str, n: str, width: int, *, is_unlike: bool) -> str:
    """Returns the label with its number of runs, starred if the runs are unlike, in lines of `width` characters.

    A character of double width, such as a Chinese one, counts twice. As `figure_text`, it is drawn as it is.
    """
    count = f"(n={n}){'*' if is_unlike else ''}".replace(" ", _UNBROKEN)
    text = _widened(f"{printable(label)}{_UNBROKEN}{count}")
    lines = textwrap.fill(text, width).replace(_FILLER, "").replace(_UNBROKEN, " ").split("\n")
    return "\n".join(map(figure_text, lines))


def unlike_note(unlike: Iterable[Iterable[str]]) -> str:
    """Returns the words that explain the stars of `named`, in lines that fit below a column; empty without a star.

    Args:
        unlike: for each thing in the figure, in what its runs are unlike.
    """
    found = dict.fromkeys(key for each in unlike for key in each)
    return textwrap.fill(f"* over runs of unlike {', '.join(map(figure_text, found))}", _NOTE) if found else ""


def spell_out_broken_formulas(sheet: Sheet) -> None:
    """Draws a text as plain characters if its dollar signs do not enclose a valid formula."""
    from matplotlib.cbook import is_math_text  # listing the figures' names must not import it
    from matplotlib.mathtext import MathTextParser
    from matplotlib.text import Text

    parser = MathTextParser("path")
    for text in sheet.findobj(Text):
        if isinstance(text, Text):
            try:
                for line in filter(is_math_text, text.get_text().split("\n")):
                    parser.parse(line)
            except ValueError:
                text.set_parse_math(False)


def boxes_note(letters: str) -> str:
    """Returns a sentence on characters that no installed font has, with fonts that have them."""
    shown = " ".join(letters[:_MOST]) + " ..." * (len(letters) > _MOST)
    fonts = " and ".join(dict.fromkeys(map(_font_with, letters)))
    return f"drawn as boxes, since no installed font has them: {shown} (install {fonts}, and draw again)"


def _font_with(letter: str) -> str:
    if unicodedata.name(letter, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC")):
        return "Noto Sans CJK (Debian: fonts-noto-cjk)"
    if unicodedata.category(letter).startswith("S"):
        return "Symbola (Debian: fonts-symbola)"
    return "Noto Sans of its script (Debian: fonts-noto-core)"


def _widened(text: str) -> str:
    if text.isascii():
        return text
    return "".join(f"{each}{_FILLER}" if unicodedata.east_asian_width(each) in "WF" else each for each in text)
