"""Opens an address over HTTP on a connection that ends when its server is too slow or its answer has no end."""

from __future__ import annotations

import http.client
import io
import time
import urllib.request
from typing import Any

from Arch.units import size_text

_TIMEOUT_SECONDS = 60.0  # without a byte
_WINDOW_SECONDS, _LEAST = 300.0, 1 << 20  # of each 300 seconds spent waiting, at least 1 MiB must arrive
_HEAD = 1 << 20  # bytes of an answer before its body: interim answers, headers, pages that redirect


class _Watched(io.RawIOBase):
    """The bytes of one answer, whose number and pace are bounded.

    Only the time spent waiting for the server counts, so that a slow disk or a stopped process is not its fault.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__()
        self._raw, self._left = raw, _HEAD
        self._waited, self._arrived = 0.0, 0

    def allow(self, count: int) -> None:
        """Replaces the number of bytes that may still arrive."""
        self._left = count

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        """See `io.RawIOBase`; raises ConnectionError when the answer is too long or too slow."""
        begin = time.monotonic()
        count: int | None = self._raw.readinto(buffer)
        self._waited += time.monotonic() - begin
        self._arrived += count or 0
        self._left -= count or 0
        if self._left < 0:
            raise ConnectionError("the server's answer has no end")
        if self._waited > _WINDOW_SECONDS and self._arrived < _LEAST and count:
            raise ConnectionError(f"the server sent only {size_text(self._arrived)} in {self._waited:.0f} s")
        if self._waited > _WINDOW_SECONDS:
            self._waited, self._arrived = 0.0, 0
        return count

    def close(self) -> None:
        """Closes the connection's end, too."""
        self._raw.close()
        super().close()


class Response(http.client.HTTPResponse):
    """An answer of a server, read through a `_Watched` connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Takes what `http.client.HTTPResponse` takes."""
        super().__init__(*arguments, **options)
        self._watched = _Watched(self.fp.detach())
        self.fp = io.BufferedReader(self._watched)

    def allow(self, count: int) -> None:
        """Replaces the number of bytes that may still arrive, the framing of chunks included."""
        self._watched.allow(count)


class _Connection(http.client.HTTPConnection):
    response_class = Response


class _SecureConnection(http.client.HTTPSConnection):
    response_class = Response


class _Http(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, request)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, request)


def open_address(request: urllib.request.Request) -> Response:
    """Sends a request over HTTP or HTTPS, through the proxies of the environment, and follows at most ten redirects.

    Raises:
        urllib.error.HTTPError: the server answers with an error.
        OSError, http.client.HTTPException, ValueError: there is no connection or no valid answer.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        _Http,
        _Https,
    ):
        opener.add_handler(handler())
    response: Response = opener.open(request, timeout=_TIMEOUT_SECONDS)
    return response
