"""An HTTP server on the loopback interface whose responses a test controls."""

import hashlib
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """Serves `files` (path -> bytes) and records the requests in `asked`: (path, Range or None).

    Attributes:
        knows_ranges: whether it supports range requests and sends ETags.
        breaks: number of the next responses that end after half of their bytes.
        script: the next responses: status, headers and body of each; a body is bytes, or a function that writes it.
        goes_on: an event; responses wait for it after half of their bytes.
    """

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.asked = files, []
        self.knows_ranges, self.breaks = True, 0
        self.script = []
        self.goes_on = threading.Event()
        self.goes_on.set()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name, asked = self.path[1:], self.headers["Range"]
        self.server.asked.append((name, asked))
        if self.server.script:
            self._answer(*self.server.script.pop(0))
            return
        if name not in self.server.files:
            self.send_error(404)
            return
        body = self.server.files[name]
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        start = 0
        if self.server.knows_ranges and asked and self.headers["If-Range"] == tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if self.server.knows_ranges:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self._send(body[start:])

    def _answer(self, status, headers, body):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        with suppress(OSError):  # the client may refuse the rest
            body(self.wfile) if callable(body) else self.wfile.write(body)

    def _send(self, body):
        half = len(body) // 2
        self.wfile.write(body[:half])
        if self.server.breaks:
            self.server.breaks -= 1
            self.close_connection = True
            return
        self.server.goes_on.wait(30)
        self.wfile.write(body[half:])

    def log_message(self, *arguments):
        """Logs nothing."""


@contextmanager
def serving(files):
    """Starts a server of `files`, which stops when the context exits."""
    server = FileServer(files)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.goes_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
