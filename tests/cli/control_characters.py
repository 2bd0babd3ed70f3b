"""A text that acts on a terminal, and how it is shown."""

import unicodedata

EVIL = "\x1b]0;title\x07\x1b[2J\r\u202e"
SHOWN = r"\x1b]0;title\x07\x1b[2J\r\u202e"
MARKS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def acting(text):
    """The characters of a text that act on a terminal, by Unicode's own tables."""
    kinds = {letter: unicodedata.category(letter) for letter in text if letter not in "\n\t"}
    return [each for each in kinds if kinds[each] in {"Cc", "Zl", "Zp"} or unicodedata.bidirectional(each) in MARKS]
