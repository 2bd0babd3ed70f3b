"""Reads the code blocks of a documentation page, each with the mark above it that says whether tests run it.

A mark is an HTML comment before the block, with at most a blank line between them:

- `<!-- run -->`: a test runs the block; where it is a `console` block, its output is compared.
- `<!-- run: slow -->`: only slow tests do.
- `<!-- run: numbers vary -->`: numbers in the output are not compared (also `<!-- run: slow, numbers vary -->`).
- `<!-- not run: REASON -->`: no test does.
- `<!-- not run on this page: REASON -->`, anywhere: holds for all blocks of the page.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(```|~~~)(\w*)\s*$")
MARK = re.compile(r"^<!-- (run|not run)(?:: (.+))? -->$")
WHOLE_PAGE = re.compile(r"^<!-- not run on this page: (.+) -->$", re.MULTILINE)
WAYS = {"slow", "numbers vary"}
DATA = {"json", "text"}  # languages of blocks that are no commands, and need no mark


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        page: the file.
        line: the one-based line of its first line of code.
        language: the language of the fence; empty for an indented block.
        text: the code.
        mark: `run`, `not run`, or empty if there is no mark.
        ways: how a block is run: a subset of `WAYS`.
        reason: why a block is not run.
    """

    page: Path
    line: int
    language: str
    text: str
    mark: str
    ways: frozenset[str] = frozenset()
    reason: str = ""

    def __str__(self):
        return f"{self.page.name}:{self.line}"


def blocks(page):
    """All code blocks of a page, in order."""
    lines = page.read_text().split("\n")
    return [_block(page, lines, *place) for place in _places(lines)]


def _places(lines):
    """First line, line after the last one, and language of each block, as indices."""
    index = 0
    while index < len(lines):
        fence = FENCE.match(lines[index])
        if fence:
            end = next(i for i in range(index + 1, len(lines)) if lines[i].startswith(fence[1]))
            yield index + 1, end, fence[2]
            index = end
        elif lines[index].startswith("    ") and (index == 0 or not lines[index - 1].strip()):
            end = next((i for i in range(index, len(lines)) if not lines[i].startswith("    ")), len(lines))
            yield index, end, ""
            index = end
        index += 1


def _block(page, lines, first, end, language):
    above = [line for line in lines[max(0, first - 4) : first] if line.strip() and not FENCE.match(line)]
    mark = MARK.match(above[-1]) if above else None
    text = "\n".join(line if language else line[4:] for line in lines[first:end])
    whole = WHOLE_PAGE.search("\n".join(lines))
    if whole:
        return Block(page, first + 1, language, text, "not run", reason=whole[1])
    if mark is None:
        return Block(page, first + 1, language, text, "")
    details = mark[2] or ""
    if mark[1] == "not run":
        return Block(page, first + 1, language, text, "not run", reason=details)
    ways = frozenset(filter(None, (each.strip() for each in details.split(","))))
    return Block(page, first + 1, language, text, "run", ways)
