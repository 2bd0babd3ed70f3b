"""Reads the text files of datasets that list images and labels, as words on lines."""

from __future__ import annotations

from pathlib import Path

from Arch import files
from Arch.datasets.access import damaged, unreadable
from Arch.units import size_text

_MOST_BYTES = 1 << 28  # a list of a million images has a tenth of it


def lines_of(path: Path, words: int) -> list[list[str]]:
    """Returns the first `words` words of each line that is neither empty nor a comment (`#`).

    Raises:
        DataError: the file is missing or not UTF-8, or a line has fewer words.
    """
    try:
        with files.open_file(path) as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise damaged(path, f"{path} has more than {size_text(_MOST_BYTES)}, which is no list of images")
        text = content.decode("utf-8")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise damaged(path, f"{path} is not text") from error
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    short = next((number for number, line in enumerate(lines, 1) if len(line) < words), None)
    if short is not None:
        raise damaged(path, f"entry {short} of {path} has fewer than {words} words")
    return [line[:words] for line in lines]


def chosen(path: Path, names: dict[str, str], key: str) -> str:
    """Looks up in `names` a `key` that occurs in the file at `path`.

    Raises:
        DataError: there is no such key.
    """
    if key not in names:
        raise damaged(path, f"{path} contains {key!r}, which no other list has")
    return names[key]
