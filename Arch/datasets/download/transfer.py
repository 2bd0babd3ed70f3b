"""Downloads one file over HTTP, resuming an earlier attempt if the file on the server is unchanged."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from io import FileIO
from pathlib import Path

from Arch.datasets.access import unwritable
from Arch.datasets.download.answers import (
    BrokenTransferError,
    Extent,
    continues,
    extent_of,
    require_file,
    require_plausible_size,
    validator_of,
)
from Arch.datasets.download.connection import Response, open_address
from Arch.datasets.download.parts import Part, Version
from Arch.errors import DataError
from Arch.units import size_text

Report = Callable[[str, int, int | None], None]
"""Takes the name of a file, the bytes received, and its size in bytes or None if the server does not send it."""

_BLOCK = 1 << 18  # bytes received at once, and lost at most by a kill
_ATTEMPTS = 4  # consecutive attempts without progress
_MOST_ATTEMPTS = 1000  # of one file, also with progress
_NEW_VERSIONS = 3  # of the file on the server that appear while it is downloaded
_STEP, _SHARE = 1 << 16, 100  # progress is 64 KiB, or a hundredth of a smaller file, beyond all that was there before
_PAUSE_SECONDS = 0.5  # before the second attempt, doubled before each further one
_FRAMING = 8  # bytes that may arrive for a byte of the file: the lengths of chunks come as well
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_NETWORK = (OSError, http.client.HTTPException, ValueError)  # ValueError: an address that the server redirects to


def transfer(url: str, path: Path, report: Report, most: int | None = None) -> None:
    """Downloads the file at `url` into `path`, resuming after the bytes that are there already.

    The download starts again from the beginning if the file on the server has changed or the server cannot send a part
    of it. A broken connection is retried, with pauses, until several consecutive attempts make no progress beyond the
    most that was ever received.

    Args:
        url: the address.
        path: the partial file.
        report: called at each step.
        most: the largest size in bytes that is accepted; None if only the free space limits it.

    Raises:
        BrokenTransferError: the file cannot be downloaded; the received bytes are kept for the next attempt.
        DataError: `path` cannot be written, or is larger than the free space.
    """
    part = Part(path)
    best, failures, versions, reason = part.size, 0, 0, ""
    for _ in range(_MOST_ATTEMPTS):
        before = part.version()
        reason = _attempt(url, part, report, most)
        if not reason:
            return
        failures += 1
        after = part.version()
        if before not in {None, after}:
            versions += 1
            best = part.size if versions <= _NEW_VERSIONS else best
        elif part.size >= best + _step(after):
            best, failures = part.size, 0
        if failures == _ATTEMPTS:
            break
        time.sleep(_PAUSE_SECONDS * 2 ** max(failures - 1, 0))
    raise BrokenTransferError(reason)


def _step(version: Version | None) -> int:
    total = None if version is None else version.total
    return _STEP if total is None else max(1, min(_STEP, total // _SHARE))


def _attempt(url: str, part: Part, report: Report, most: int | None) -> str:
    """Tries to receive the rest of a file; returns why it failed and may be tried again, empty if it is complete.

    Raises:
        BrokenTransferError: another attempt would fail as well.
    """
    try:
        _receive(url, part, report, most)
    except urllib.error.HTTPError as error:
        error.close()
        reason = _in_one_line(f"the server answers {error.code} {error.reason}")
        if error.code not in _TRANSIENT:
            raise BrokenTransferError(reason) from error
        return reason
    except _NETWORK as error:
        return _in_one_line(str(getattr(error, "reason", "") or error)) or type(error).__name__
    return ""


def _in_one_line(reason: str) -> str:
    """Returns the text of a server without line breaks, which would break up the message."""
    return " ".join(reason.split())[:500]


def _receive(url: str, part: Part, report: Report, most: int | None) -> None:
    version, offset = part.version(), part.size
    if version is None or version.url != url or not version.validator:
        version, offset = None, 0
    elif offset == version.total:
        return
    with _request(url, part, offset, version) as response:
        require_file(response, part.name)
        extent = extent_of(response)
        require_plausible_size(extent.total, most)
        if extent.start:
            version = _continued(response, extent, part, version)
        else:
            part.discard()
            version = Version(url, validator_of(response), extent.total)
        bound = _bound(part, version.total, most)
        response.allow(_FRAMING * (bound - extent.start) + _BLOCK)
        part.begin(version)
        with part.opened() as file:
            done = _copied(response, file, bound, lambda done: report(part.name, done, version.total))
    if done > bound:
        raise _too_long(part, version.total, most)
    end = extent.end if version.total is None else version.total
    if end is not None and done < end:
        raise ConnectionError(f"the connection ended after {done} of {end} bytes")


def _request(url: str, part: Part, offset: int, version: Version | None) -> Response:
    request = urllib.request.Request(url, headers={"User-Agent": "arch-kd", "Accept-Encoding": "identity"})  # noqa: S310
    if offset and version is not None:
        request.add_header("Range", f"bytes={offset}-")
        request.add_header("If-Range", version.validator)
    try:
        return open_address(request)
    except urllib.error.HTTPError as error:
        if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        error.close()
        part.discard()
        raise ConnectionError("the server has fewer bytes than were received") from error


def _continued(response: Response, extent: Extent, part: Part, version: Version | None) -> Version:
    """Returns the version that a partial answer continues; if it brings other bytes, the download starts anew."""
    if version is None or extent.start != part.size:
        part.discard()
        raise ConnectionError(f"the server sent bytes from {extent.start} on, which were not asked for")
    if not continues(response, extent, version):
        part.discard()
        raise ConnectionError("the file on the server has changed during the download")
    return version if version.total is not None else replace(version, total=extent.total)


def _bound(part: Part, total: int | None, most: int | None) -> int:
    """Returns the size that the file may reach; of a file of unknown size nine tenths of the free space are filled."""
    size, free = part.size, part.free
    if total is None:
        room = size + free - free // 10
        return room if most is None else min(most, room)
    if total - size > free:
        raise DataError(
            f"cannot write {part.path}: {part.name} takes {size_text(total)}, but only {size_text(free)} are free. "
            "Free some space, or use another data folder.",
            part.path,
        )
    return total


def _too_long(part: Part, total: int | None, most: int | None) -> Exception:
    """Returns the error for an answer that has brought more bytes than the file may have, which are discarded."""
    size = part.size
    part.discard()
    if total is not None:
        return ConnectionError(f"the server sends more than the {total} bytes that it announced")
    if most is not None and size > most:
        return BrokenTransferError(f"the server sends more than {size_text(most)}, far more than this file has")
    return DataError(
        f"cannot write {part.path}: the server does not tell its size, and {size_text(size)} of it have filled nine "
        "tenths of the free space. Free some space, or use another data folder.",
        part.path,
    )


def _copied(response: Response, file: FileIO, bound: int, report: Callable[[int], None]) -> int:
    """Appends the body to the file until it is larger than `bound`, and returns the new size of the file."""
    done = file.tell()
    report(done)
    while done <= bound and (block := response.read1(_BLOCK)):
        rest = memoryview(block)
        try:
            while rest:  # on a full disk the first write is partial, and only the next one fails
                rest = rest[file.write(rest) :]
        except OSError as error:
            raise unwritable(Path(str(file.name)), error) from error
        done += len(block)
        report(done)
    return done
