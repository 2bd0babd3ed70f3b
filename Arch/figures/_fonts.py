"""Fonts for texts that the default font cannot draw, chosen among the installed ones by the characters they have."""

from __future__ import annotations

import contextlib
import functools
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet
    from matplotlib.font_manager import FontEntry, FontProperties

_SYMBOLS_ONLY = re.compile(r"cm\w+10|STIX(?!General).*|Last ?Resort.*|.*Blank.*", re.IGNORECASE)  # codes of their own
_SHAPELESS = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # categories of Unicode: blanks, ends of lines, joiners
_VARIANTS = "".join(map(chr, range(0xFE00, 0xFE10)))  # selectors of variants of the character before
_UPRIGHT = 400  # the weight of a regular face


def fit_fonts(sheet: Sheet) -> str:
    """Gives the texts of a drawn sheet further fonts where theirs lack characters.

    Returns:
        The characters that no installed font has, which are drawn as boxes.
    """
    from matplotlib.text import Text  # as in writer.py

    texts = {text: text.get_text() for text in sheet.findobj(Text) if isinstance(text, Text)}
    # nearly all texts end here, before any font is looked at
    lacking = {text: _lacking(text.get_fontproperties(), shown) for text, shown in texts.items() if not shown.isascii()}
    letters = "".join(sorted(set("".join(lacking.values()))))
    if not letters:
        return ""
    chosen, boxes = _chosen(letters)
    for text in (text for text, some in lacking.items() if some):
        text.set_fontfamily([*text.get_fontfamily(), *(entry.name for entry in chosen)])
    if any(_has_cubic_outlines(Path(entry.fname)) for entry in chosen):
        import matplotlib as mpl  # as in writer.py

        mpl.rc("pdf", fonttype=3)  # a PDF cannot embed such a font as TrueType
    return boxes


@contextlib.contextmanager
def boxes_allowed() -> Iterator[None]:
    """Silences matplotlib's warnings of characters without a glyph, since the program reports them in one line."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
        yield


def _lacking(font: FontProperties, text: str) -> str:
    """Returns the visible characters of a text that are in none of its own fonts."""
    from matplotlib.font_manager import FontProperties as Properties  # as in writer.py
    from matplotlib.font_manager import findfont

    letters = {each for each in text if unicodedata.category(each) not in _SHAPELESS and each not in _VARIANTS}
    for family in font.get_family():
        path = findfont(Properties(family=[family]))
        letters -= set(_covered(str(path), "".join(sorted(letters))))
    return "".join(sorted(letters))


def _chosen(letters: str) -> tuple[list[FontEntry], str]:
    """Returns fonts for these characters, and the characters that none has."""
    from matplotlib.font_manager import fontManager

    chosen, boxes = _fewest(fontManager.ttflist, letters)
    if boxes:
        _add_new_fonts()
        more, boxes = _fewest(fontManager.ttflist, boxes)
        chosen += more
    return chosen, boxes


def _fewest(entries: Iterable[FontEntry], letters: str) -> tuple[list[FontEntry], str]:
    """Returns as few of these fonts as possible, the one with the most characters first, and what none has."""
    families = _one_of_each_family(entries, letters)
    chosen: list[FontEntry] = []
    while letters and families:
        found = [(entry, _covered(entry.fname, letters)) for entry in families]
        best, covered = max(found, key=lambda pair: len(pair[1]))  # the first of equal ones
        if not covered:
            break
        chosen.append(best)
        letters = "".join(each for each in letters if each not in covered)
    return chosen, letters


def _add_new_fonts() -> None:
    """Adds the fonts that were installed after matplotlib made its list, which it keeps on disk."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = {entry.fname for entry in fontManager.ttflist}
    for path in sorted(set(findSystemFonts()) - known):
        with contextlib.suppress(Exception):  # not a font that can be drawn, such as one of bitmaps
            fontManager.addfont(path)


def _one_of_each_family(entries: Iterable[FontEntry], letters: str) -> list[FontEntry]:
    """Returns the most regular face of each family, the families to prefer first."""
    families: dict[str, FontEntry] = {}
    for entry in entries:
        if not _SYMBOLS_ONLY.fullmatch(entry.name):
            families[entry.name] = min(families.get(entry.name, entry), entry, key=_irregularity)
    region = _region(letters)
    return sorted(families.values(), key=lambda entry: _rank(entry.name, region))


def _irregularity(entry: FontEntry) -> tuple[bool, int, str]:
    weight = entry.weight if isinstance(entry.weight, int) else _UPRIGHT
    return entry.style != "normal", abs(weight - _UPRIGHT), entry.fname


def _rank(name: str, region: str) -> tuple[bool, bool, bool, str]:
    """Orders families: the region's own shapes of Chinese characters first, then Noto, then other sans-serif ones."""
    is_special = any(word in name for word in ("Serif", "Mono", "Condensed", "Display", "Light", "Black", "Unifont"))
    return not name.endswith(f" {region}"), is_special, not name.startswith("Noto Sans"), name


def _region(letters: str) -> str:
    """Returns the ending of families for Japanese, Korean or simplified Chinese, whose characters differ in shape."""
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
    return "JP" if scripts & {"HIRAGANA", "KATAKANA"} else "KR" if "HANGUL" in scripts else "SC"


@functools.cache
def _covered(path: str, letters: str) -> frozenset[str]:
    """Returns the characters that a font file has; none for a file that cannot be read."""
    from matplotlib.ft2font import FT2Font  # as in writer.py

    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):  # a font of bitmaps, or removed
        return frozenset()
    return frozenset(letter for letter in letters if font.get_char_index(ord(letter)))


def _has_cubic_outlines(path: Path) -> bool:
    """Whether a font has PostScript outlines (CFF) and not TrueType's."""
    with path.open("rb") as file:
        start = file.read(16)
        if start.startswith(b"ttcf"):  # a collection: its first font
            file.seek(int.from_bytes(start[12:16], "big"))
            start = file.read(4)
    return start.startswith(b"OTTO")
