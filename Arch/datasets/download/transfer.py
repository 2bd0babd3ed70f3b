"""One file over HTTP: goes on where an earlier attempt stopped, if it is still the same file there."""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from Arch import files
from Arch.datasets.access import unwritable

Report = Callable[[str, int, int | None], None]
"""Takes a file's name, how many bytes of it are there, and how many it has, if the server tells."""

_BLOCK = 1 << 18  # bytes received at once: what a kill can lose
_TIMEOUT_SECONDS = 60.0
_ATTEMPTS = 4  # one after another that bring nothing new
_PAUSE_SECONDS = 0.5  # before the second attempt; twice as long before each further one
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_NETWORK = (OSError, http.client.HTTPException)


class BrokenTransferError(Exception):
    """A server gave no file, or not all of it; the message is its reason."""


@dataclass(frozen=True)
class _State:
    """What is known of a file that has come in part.

    Attributes:
        url: where it comes from.
        validator: what the server calls this version of it (a strong ETag, or else its date), empty if it does not.
        total: its size in bytes, None where the server does not tell.
    """

    url: str
    validator: str
    total: int | None


def transfer(url: str, part: Path, report: Report) -> None:
    """Brings the file at `url` into `part`, going on from what `part` holds of it.

    What the server no longer has, or cannot give in part, is begun again. A broken connection is tried again, with
    pauses, until several attempts in a row bring nothing.

    Raises:
        BrokenTransferError: the file is not to be had; what has come of it is kept for the next time.
        DataError: `part` cannot be written.
    """
    failures = 0
    while True:
        before = _size(part)
        try:
            _receive(url, part, report)
        except urllib.error.HTTPError as error:
            error.close()
            reason = _in_one_line(f"the server answers {error.code} {error.reason}")
            if error.code not in _PASSING:
                raise BrokenTransferError(reason) from error
        except _NETWORK as error:
            reason = _in_one_line(str(getattr(error, "reason", "") or error)) or type(error).__name__
        else:
            return
        failures = 0 if _size(part) > before else failures + 1
        if failures == _ATTEMPTS:
            raise BrokenTransferError(reason)
        time.sleep(_PAUSE_SECONDS * 2 ** max(failures - 1, 0))


def _in_one_line(reason: str) -> str:
    """What a server says, without what would tear a message apart."""
    return " ".join(reason.split())


def discard(part: Path) -> None:
    """Forgets what has come of a file."""
    _state_path(part).unlink(missing_ok=True)
    part.unlink(missing_ok=True)


def _receive(url: str, part: Path, report: Report) -> None:
    state = _read_state(part)
    offset = _size(part)
    if state is None or state.url != url or not state.validator:
        offset = 0
    elif offset == state.total:
        return
    with _asked(url, part, offset, state) as response:
        start, total = _extent(response)
        if start not in {0, offset}:
            discard(part)
            raise ConnectionError(f"the server sent bytes from {start} on instead of {offset}")
        if start == 0:
            discard(part)
        _write_state(part, _State(url, _validator(response), total))
        with _opened(part) as file:
            done = _copied(response, file, lambda done: report(part.stem, done, total))
    if total is not None and done != total:
        if done > total:
            discard(part)
        raise ConnectionError(f"the connection ended after {done} of {total} bytes")


def _asked(url: str, part: Path, offset: int, state: _State | None) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "arch-kd", "Accept-Encoding": "identity"})  # noqa: S310
    if offset and state is not None:
        request.add_header("Range", f"bytes={offset}-")
        request.add_header("If-Range", state.validator)
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)  # noqa: S310
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        error.close()
        discard(part)
        raise ConnectionError("the server has fewer bytes than were received") from error
    return response


def _extent(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """Where the body begins in the file, and the file's size."""
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if found is None:
            raise ConnectionError("the server does not say which part of the file it sends")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _validator(response: http.client.HTTPResponse) -> str:
    """A strong ETag or the date; a weak ETag may not stand in `If-Range` (RFC 9110, section 13.1.5)."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _copied(response: http.client.HTTPResponse, file: FileIO, report: Callable[[int], None]) -> int:
    """Appends the body to the file and gives the file's new size."""
    done = file.tell()
    report(done)
    while block := response.read(_BLOCK):
        rest = memoryview(block)
        try:
            while rest:  # a disk that fills up takes a part of it, and only then refuses
                rest = rest[file.write(rest) :]
        except OSError as error:
            raise unwritable(Path(str(file.name)), error) from error
        done += len(block)
        report(done)
    return done


def _opened(part: Path) -> FileIO:
    try:
        return part.open("ab", buffering=0)
    except OSError as error:
        raise unwritable(part, error) from error


def _read_state(part: Path) -> _State | None:
    try:
        return _State(**json.loads(_state_path(part).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None  # never begun, or torn by a kill: begin again


def _write_state(part: Path, state: _State) -> None:
    try:
        files.write_atomically(_state_path(part), json.dumps(asdict(state)))
    except OSError as error:
        raise unwritable(part, error) from error


def _state_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # a loop asks this
    except FileNotFoundError:
        return 0
