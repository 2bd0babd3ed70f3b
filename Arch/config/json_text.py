"""Strict JSON with line numbers: what Python's parser lets pass (NaN, a key given twice) is refused here."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from Arch.errors import ArchError, ConfigError
from Arch.files.quick_json import quick_object

_PIECE = r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+'
_MOST_BYTES = 10_000_000
_BLOCK = 65_536

Trail = tuple[str | int, ...]


@dataclass(frozen=True)
class Source:
    """Where a JSON object came from, so that an error can name the file and the line.

    Attributes:
        label: a path, or words such as `--set`.
        text: the text that was parsed, or None for an object made in Python.
        trail: the way to the object, where it is a member of that text.
    """

    label: str
    text: str | None = None
    trail: Trail = ()

    def at(self, *trail: str | int) -> str:
        """`file:line: ` of the member that `trail` leads to, ready to stand before a message."""
        trail = (*self.trail, *trail)
        line = f":{lines(self.text).get(trail, 1)}" if self.text is not None and trail else ""
        return f"{self.label}{line}: " + "".join(f"{name}: " for name in self.trail)

    def inside(self, name: str) -> Source:
        """Where an object came from that is a member of this one."""
        return Source(self.label, self.text, (*self.trail, name))


def read_object(path: Path | str, error: type[ArchError] = ConfigError) -> tuple[dict[str, Any], Source]:
    """The JSON object in a file, and where it came from.

    Raises:
        ArchError: of the type `error`: the file cannot be read, is not UTF-8, not JSON, or not an object.
    """
    label = printable(str(path))
    content = read_file(path, error)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error(f"{label}: expected UTF-8 text, got the byte {content[problem.start]:#04x}.") from None
    members = _plain_object(content)
    return (members, Source(label, text)) if members is not None else parse_object(text, label, error)


def read_file(path: Path | str, error: type[ArchError]) -> bytes:
    """What a file that people write holds.

    Raises:
        ArchError: of the type `error`: it is not there, cannot be read, or is too large to be one.
    """
    label = printable(str(path))
    try:
        content = _content(path)
    except FileNotFoundError:
        raise error(f"{label}: no such file.") from None
    except IsADirectoryError:
        advice = f" To run every config in it, use -e {label}." if error is ConfigError else ""
        raise error(f"{label}: expected a file, got a folder.{advice}") from None
    except OSError as problem:
        raise error(f"{label}: cannot be read: {problem.strerror}.") from None
    except ValueError:  # a path with a null character
        raise error(f"{label}: no file can have this name.") from None
    if len(content) > _MOST_BYTES:
        raise error(f"{label}: expected what people write, got a file of more than {_MOST_BYTES // 10**6} MB.")
    return content


def parse_object(text: str, label: str, error: type[ArchError] = ConfigError) -> tuple[dict[str, Any], Source]:
    """The JSON object in a text; `label` names it in messages.

    Raises:
        ArchError: of the type `error`, with the line.
    """
    source = Source(label, text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as problem:
        raise error(f"{label}:{problem.lineno}: not valid JSON: {_explained(problem)}.") from None
    except _RefusedError as problem:
        raise error(f"{label}:{_line_with(text, problem.piece)}: {problem}") from None
    except RecursionError:
        raise error(f"{label}: nested too deeply to be a config.") from None
    except ValueError:
        raise error(f"{label}: a number in it has too many digits to be read.") from None
    if not isinstance(value, dict):
        raise error(f"{label}: expected a JSON object {{...}}, got {describe(value)}.")
    return value, source


def describe(value: object) -> str:
    """A JSON value as an error message shows it, shortened."""
    try:
        shown = json.dumps(value, ensure_ascii=False, default=repr)
    except (RecursionError, ValueError, TypeError):  # nested too deeply, round in a circle, keys that are no text
        shown = f"a {type(value).__name__}"
    return printable(shown if len(shown) <= 60 else shown[:57] + "...")


def printable(text: str) -> str:
    """A text, such as a path, that stays on one line and that every terminal can show."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def lines(text: str) -> dict[Trail, int]:
    """The one-based line on which each member of a valid JSON text starts, by the path to it."""
    import re  # for errors and explanations only

    found: dict[Trail, int] = {}
    stack: list[str | int] = []
    expects_key: list[bool] = []
    line, seen = 1, 0
    for match in re.finditer(_PIECE, text):
        piece = match.group()
        line, seen = line + text.count("\n", seen, match.start()), match.start()
        if piece in "{[":
            stack.append(0 if piece == "[" else "")
            expects_key.append(piece == "{")
        elif piece in "}]":
            stack.pop()
            expects_key.pop()
        elif piece == ",":
            last = stack[-1]
            if isinstance(last, int):
                stack[-1] = last + 1
            else:
                expects_key[-1] = True
        elif piece[0] == '"' and expects_key and expects_key[-1]:
            stack[-1], expects_key[-1] = json.loads(piece, strict=False), False
            found[tuple(stack)] = line
        elif stack and isinstance(stack[-1], int) and piece != ":":
            found[tuple(stack)] = line
    return found


class _RefusedError(Exception):
    """Something that Python's parser accepts and a config may not hold."""

    def __init__(self, message: str, piece: str) -> None:
        self.piece = piece
        super().__init__(message)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    raise _RefusedError(f"{twice!r} is given twice. Keep one.", json.dumps(twice, ensure_ascii=False))


def _refuse_constant(piece: str) -> NoReturn:
    raise _RefusedError(f"expected a finite number, got {piece}.", piece)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _plain_object(content: bytes) -> dict[str, Any] | None:
    """The object in a text of nothing but plain members; None where there may be more to say of it."""
    members = quick_object(content)
    # Each member has a colon of its own: if there are no more colons than members, none was given twice.
    is_plain = members is not None and content.count(b":") == len(members) and content.count(b"{") == 1
    return members if is_plain else None


def _content(path: Path | str) -> bytes:
    """A file, or its beginning if it is too large; `plan` asks for ten thousand, so that each call counts."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = [os.read(descriptor, _BLOCK)]
        while pieces[-1] and sum(map(len, pieces)) <= _MOST_BYTES:
            pieces.append(os.read(descriptor, _BLOCK))
    finally:
        os.close(descriptor)
    return b"".join(pieces)


def _line_with(text: str, piece: str) -> int:
    """The line of the last occurrence: of a key given twice that is the one to remove."""
    return text.count("\n", 0, max(text.rfind(piece), 0)) + 1


def _explained(problem: json.JSONDecodeError) -> str:
    if not problem.doc.strip():
        return "the file is empty"
    rest = problem.doc[problem.pos :].lstrip()
    if rest.startswith(("//", "#", "/*")):
        return "comments are not part of JSON; remove this one"
    has_comma = problem.doc[: problem.pos].rstrip().endswith(",") or rest.startswith(",")
    if has_comma and rest.lstrip(", \n\t\r")[:1] in ("}", "]"):
        return "a comma stands before a closing bracket; remove it"
    return problem.msg[0].lower() + problem.msg[1:]
