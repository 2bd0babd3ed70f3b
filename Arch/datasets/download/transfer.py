"""Downloads one file over HTTP, resuming an earlier attempt if the file on the server is unchanged."""

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
"""Takes the name of a file, the bytes received, and its size in bytes or None if the server does not send it."""

_BLOCK = 1 << 18  # bytes received at once, and lost at most by a kill
_TIMEOUT_SECONDS = 60.0
_ATTEMPTS = 4  # consecutive attempts without progress
_PAUSE_SECONDS = 0.5  # before the second attempt, doubled before each further one
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_NETWORK = (OSError, http.client.HTTPException)


class BrokenTransferError(Exception):
    """Raised when a file was not received completely; the message is the reason."""


@dataclass(frozen=True)
class _State:
    """The state of a partial download.

    Attributes:
        url: address of the file.
        validator: a strong ETag or otherwise the date of the version on the server; empty if the server sends none.
        total: its size in bytes, None if the server does not send it.
    """

    url: str
    validator: str
    total: int | None


def transfer(url: str, part: Path, report: Report) -> None:
    """Downloads the file at `url` into `part`, resuming after the bytes that `part` already has.

    The download starts again from the beginning if the file on the server has changed or the server cannot send a part
    of it. A broken connection is retried, with pauses, until several consecutive attempts make no progress.

    Raises:
        BrokenTransferError: the file cannot be downloaded; the received bytes are kept for the next attempt.
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
            if error.code not in _TRANSIENT:
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
    """Returns the text of a server without line breaks, which would break up the message."""
    return " ".join(reason.split())


def discard(part: Path) -> None:
    """Deletes a partial download and its state."""
    _state_path(part).unlink(missing_ok=True)
    part.unlink(missing_ok=True)


def _receive(url: str, part: Path, report: Report) -> None:
    state = _read_state(part)
    offset = _size(part)
    if state is None or state.url != url or not state.validator:
        offset = 0
    elif offset == state.total:
        return
    with _request(url, part, offset, state) as response:
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


def _request(url: str, part: Path, offset: int, state: _State | None) -> http.client.HTTPResponse:
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
    """Returns the offset of the body in the file, and the size of the file."""
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if found is None:
            raise ConnectionError("the server does not say which part of the file it sends")
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _validator(response: http.client.HTTPResponse) -> str:
    """Returns a strong ETag or the date; `If-Range` must not contain a weak ETag (RFC 9110, section 13.1.5)."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _copied(response: http.client.HTTPResponse, file: FileIO, report: Callable[[int], None]) -> int:
    """Appends the body to the file and returns the new size of the file."""
    done = file.tell()
    report(done)
    while block := response.read(_BLOCK):
        rest = memoryview(block)
        try:
            while rest:  # on a full disk the first write is partial, and only the next one fails
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
        return None  # missing, or damaged by a kill: start again


def _write_state(part: Path, state: _State) -> None:
    try:
        files.write_atomically(_state_path(part), json.dumps(asdict(state)))
    except OSError as error:
        raise unwritable(part, error) from error


def _state_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # called in a loop
    except FileNotFoundError:
        return 0
