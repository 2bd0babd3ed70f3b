"""Strict JSON with line numbers: NaN and duplicate keys, which Python's parser accepts, are refused."""

from __future__ import annotations

import errno
import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from Arch.errors import ArchError, ConfigError, NotAFileError, quoted
from Arch.escaping import printable
from Arch.files.json_limits import is_too_deep
from Arch.files.opening import open_regular
from Arch.files.quick_json import quick_object

_PIECE = r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+'
_MOST_BYTES = 10_000_000
_BLOCK = 65_536
_GIVEN = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
_LONGEST_NAME = 80  # characters
_DEEPEST = 500  # levels

Trail = tuple[str | int, ...]


@dataclass(frozen=True)
class Source:
    """The origin of a JSON object, so that an error can name the file and the line.

    Attributes:
        label: a path, or another name such as `--set`.
        text: the text that was parsed, or None for an object made in Python.
        trail: the path in the document to the object; empty for the document itself.
        is_written: whether a user wrote the object, so that a key in it that nothing reads is worth a note.
        is_record: whether it is the record of a cached experiment. Another person may have written it, so it may not
            name files.
    """

    label: str
    text: str | None = None
    trail: Trail = ()
    is_written: bool = True
    is_record: bool = False

    def at(self, *trail: str | int) -> str:
        """Returns `file:line: ` of the member at `trail`, the beginning of a message."""
        trail = (*self.trail, *trail)
        line = f":{lines(self.text).get(trail, 1)}" if self.text is not None and trail else ""
        return f"{self.label}{line}: " + "".join(f"{_short(name)}: " for name in self.trail)

    def inside(self, name: str) -> Source:
        """Returns the source of a member of this object."""
        return Source(self.label, self.text, (*self.trail, name), self.is_written, self.is_record)


def read_object(path: Path | str, error: type[ArchError] = ConfigError) -> tuple[dict[str, Any], Source]:
    """Returns the JSON object in a file, and its source.

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
    """Returns the content of a file that people write by hand.

    Raises:
        ArchError: of the type `error`: it does not exist, cannot be read, or is larger than 10 MB.
    """
    label = printable(str(path))
    try:
        content = _content(path)
    except FileNotFoundError:
        raise error(f"{label}: no such file.") from None
    except NotAFileError as problem:
        if problem.errno != errno.EISDIR:
            raise error(f"{label}: it {problem.strerror}.") from None
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
    """Returns the JSON object in a text, and its source; `label` names it in messages.

    Raises:
        ArchError: of the type `error`, with the line.
    """
    source = Source(label, text)
    if is_too_deep(text.encode("utf-8", "surrogatepass"), _DEEPEST):
        raise error(f"{label}: nested too deeply to be a config.")
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
    """Returns a JSON value as text for an error message, shortened."""
    try:
        shown = json.dumps(value, ensure_ascii=False, default=repr)
    except (RecursionError, ValueError, TypeError):  # nested too deeply, recursive, or with keys that are no text
        shown = f"a {type(value).__name__}"
    return printable(shown if len(shown) <= 60 else shown[:57] + "...")


def lines(text: str) -> dict[Trail, int]:
    """Returns the one-based line on which each member of a valid JSON text starts, by its trail."""
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
    """Python's parser accepts something that a config may not contain."""

    def __init__(self, message: str, piece: str) -> None:
        self.piece = piece
        super().__init__(message)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    names = [name for name, _ in pairs]
    twice = next(name for name in names if names.count(name) > 1)
    raise _RefusedError(f"{quoted(twice)} is given twice. Keep one.", json.dumps(twice, ensure_ascii=False))


def _refuse_constant(piece: str) -> NoReturn:
    raise _RefusedError(f"expected a finite number, got {piece}.", piece)


def _finite(piece: str) -> float:
    number = float(piece)
    if not math.isfinite(number):
        raise _RefusedError(f"expected a finite number, got {piece[:20]}, which is too large for a float.", piece)
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite)


def _plain_object(content: bytes) -> dict[str, Any] | None:
    """Returns the object in a text with plain members only; None if it has to be parsed in full."""
    members = quick_object(content)
    # Each member has a colon: with as many colons as members, no key is given twice and no object is nested.
    is_plain = members is not None and content.count(b":") == len(members) and content.count(b"{") == 1
    return members if is_plain else None


def _content(path: Path | str) -> bytes:
    """Returns the content of a file, or its beginning if it is too large; `os` calls, as `plan` reads 10,000 files."""
    descriptor = _opened(path)
    try:
        pieces = [os.read(descriptor, _BLOCK)]
        while pieces[-1] and sum(map(len, pieces)) <= _MOST_BYTES:
            pieces.append(os.read(descriptor, _BLOCK))
    finally:
        os.close(descriptor)
    return b"".join(pieces)


def _opened(path: Path | str) -> int:
    """Opens a regular file, or what a shell gave this process to read: `/dev/stdin`, `<(command)`."""
    if str(path).startswith(_GIVEN):
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return open_regular(path)[0]


def _short(name: str | int) -> str:
    name = str(name)
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _line_with(text: str, piece: str) -> int:
    """Returns the line of the last occurrence: of a duplicate key that is the one to remove."""
    return text.count("\n", 0, max(text.rfind(piece), 0)) + 1


def _explained(problem: json.JSONDecodeError) -> str:
    if not problem.doc.strip():
        return "the file is empty"
    rest = problem.doc[problem.pos :].lstrip()
    if rest.startswith(("//", "#", "/*")):
        return "comments are not part of JSON; remove this one"
    has_comma = problem.doc[: problem.pos].rstrip().endswith(",") or rest.startswith(",")
    if has_comma and rest.lstrip(", \n\t\r")[:1] in ("}", "]"):
        return "there is a comma before a closing bracket; remove it"
    return problem.msg[0].lower() + problem.msg[1:]
