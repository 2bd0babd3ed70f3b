"""What the head of a server's answer says about a file, checked for contradictions."""

from __future__ import annotations

import http
import re
from dataclasses import dataclass

from Arch.datasets.download.connection import Response
from Arch.datasets.download.parts import Version
from Arch.units import size_text

_LENGTH = r"\d{1,18}"  # digits; more would be no size of a file
_RANGE = re.compile(rf"bytes ({_LENGTH})-({_LENGTH})/({_LENGTH}|\*)")
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_COMPRESSED = {".gz": ("gzip", "x-gzip"), ".tgz": ("gzip", "x-gzip"), ".bz2": ("bzip2", "x-bzip2")}


class BrokenTransferError(Exception):
    """Raised when a file was not received completely; the message is the reason."""


@dataclass(frozen=True)
class Extent:
    """The bytes that an answer brings.

    Attributes:
        start: offset of the first one in the file.
        end: offset after the last one; None if the server does not tell.
        total: size of the file in bytes; None if the server does not tell.
    """

    start: int
    end: int | None
    total: int | None


def require_file(response: Response, name: str) -> None:
    """Checks that an answer brings a file as it is.

    Args:
        response: the answer.
        name: the name of the file; one that is compressed may be declared as content that was compressed.

    Raises:
        BrokenTransferError: the answer is a web page, was compressed for the transfer, or is neither 200 nor 206.
    """
    if response.status not in {http.HTTPStatus.OK, http.HTTPStatus.PARTIAL_CONTENT}:
        raise BrokenTransferError(f"the server answers {response.status} {response.reason}")
    if response.headers.get_content_type() in _PAGES:
        raise BrokenTransferError(
            "the server sends a web page in place of the file: a page to log in, or one that says that it has moved"
        )
    encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    own = next((each for suffix, each in _COMPRESSED.items() if name.lower().endswith(suffix)), ())
    if encoding not in {"identity", *own}:
        raise BrokenTransferError(f"the server sends it compressed ({encoding[:40]}) although that was not asked for")


def extent_of(response: Response) -> Extent:
    """Returns which bytes of the file an answer brings.

    Raises:
        ConnectionError: a partial answer does not say which bytes it brings, or contradicts itself.
    """
    length = response.headers.get("Content-Length", "").strip()
    count = int(length) if re.fullmatch(_LENGTH, length) else None
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return Extent(0, count, count)
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None:
        raise ConnectionError("the server does not say which part of the file it sends")
    start, end = int(found[1]), int(found[2]) + 1
    total = None if found[3] == "*" else int(found[3])
    if not start < end or (total is not None and end > total) or count not in {None, end - start}:
        raise ConnectionError(f"the server contradicts itself: it announces {length} bytes as {found[0]}")
    return Extent(start, end, total)


def validator_of(response: Response) -> str:
    """Returns a strong ETag or the date; `If-Range` must not contain a weak ETag (RFC 9110, section 13.1.5)."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def continues(response: Response, extent: Extent, version: Version) -> bool:
    """Returns whether a partial answer continues the stored version of the file; absent headers are not compared."""
    fact = "ETag" if version.validator.startswith('"') else "Last-Modified"
    is_same = response.headers.get(fact, version.validator) == version.validator
    return is_same and (None in {extent.total, version.total} or extent.total == version.total)


def require_plausible_size(total: int | None, most: int | None) -> None:
    """Checks the announced size of a file against the largest one that is accepted.

    Raises:
        BrokenTransferError: it is larger.
    """
    if total is not None and most is not None and total > most:
        raise BrokenTransferError(f"the server announces {size_text(total)}, far more than this file has")
