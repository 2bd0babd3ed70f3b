"""Shows control characters in text of others, so that none of them acts on a terminal or breaks a line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TextIO, cast

# C0 and C1 controls, DEL, marks and overrides of direction, separators of lines, halves of surrogate pairs
_ACTING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff"
_IN_TEXT = re.compile(f"[{_ACTING}]")
_IN_LINE = re.compile(f"[\t\n{_ACTING}]")
_CONTINUED = re.compile(r"\n(?!\n|  |\Z)")


def printable(text: str) -> str:
    r"""Returns a text, such as a name or a path, on one line: `\n`, `\x1b`, `\u202e` stand for what would act."""
    return text if text.isprintable() else _IN_LINE.sub(_escape, text)


def escaped(text: str) -> str:
    """Returns a text of several lines with all controls escaped but line ends and tabs."""
    return text if text.replace("\n", "").isprintable() else _IN_TEXT.sub(_escape, text)


class EscapingStream:
    """A text stream that escapes what it writes, in front of another stream that does everything else.

    Progress displays, which move the cursor, and data for a file write to the other stream (`unescaped`).
    """

    def __init__(self, stream: TextIO, *, is_for_messages: bool = False) -> None:
        """Takes the other stream.

        Args:
            stream: the stream that is written to.
            is_for_messages: whether to indent the later lines of what is written at once, so that no line of a
                message can look like a message of its own.
        """
        self.stream, self._is_for_messages = stream, is_for_messages
        self._is_terminal = stream.isatty()

    def write(self, text: str) -> int:
        """Writes a text, escaped."""
        # Progress bars of libraries return to the start of the line first, which changes nothing before it.
        start = "\r" if self._is_terminal and text.startswith("\r") else ""
        shown = escaped(text[len(start) :])
        if self._is_for_messages and "\n" in shown:
            body = shown.lstrip("\n")
            shown = shown[: len(shown) - len(body)] + _CONTINUED.sub("\n  ", body)
        self.stream.write(start + shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Writes texts, escaped."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Returns an attribute of the other stream."""
        return getattr(self.stream, name)


def escaping(stream: TextIO, *, is_for_messages: bool = False) -> TextIO:
    """Returns an `EscapingStream` in front of a stream."""
    return cast(TextIO, EscapingStream(stream, is_for_messages=is_for_messages))


def unescaped(stream: TextIO) -> TextIO:
    """Returns the stream behind an `EscapingStream`, for data and for a program's own movements of the cursor."""
    return stream.stream if isinstance(stream, EscapingStream) else stream


def _escape(match: re.Match[str]) -> str:
    letter = match[0]
    # The only one that json.dumps leaves as it is; JSON knows no \x7f.
    return "\\u007f" if letter == "\x7f" else letter.encode("unicode_escape").decode()
