"""An HTTP server on the loopback interface that answers in wrong ways, as a list of answers says."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SCRIPT = "answers.json"
BODY = "body"


class LyingServer(ThreadingHTTPServer):
    """Gives each request the next answer of a list, which begins again at its end.

    Attributes:
        body: the sound content.
        answers: objects with some of the fields `status`, `reason`, `headers`, `length`, `start`, `end`, `fill`,
            `pieces`, `pause`, `is_reset`, `raw`.
        canary: the address of a file that no answer may make the program read.
    """

    daemon_threads = True

    def __init__(self, body: bytes, answers: list[dict[str, Any]], canary: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body, self.answers, self.canary, self.count = body, answers, canary, 0
        self.lock = threading.Lock()

    def next(self) -> dict[str, Any]:
        """Returns the next answer."""
        with self.lock:
            answer = self.answers[self.count % len(self.answers)]
            self.count += 1
            return answer

    def handle_error(self, *_: object) -> None:
        """Says nothing: the program may leave at any time."""


class _Handler(BaseHTTPRequestHandler):
    server: LyingServer

    def do_GET(self) -> None:
        answer = self.server.next()
        with contextlib.suppress(OSError):
            if "raw" in answer:
                self.wfile.write(answer["raw"].encode("latin-1"))
            else:
                self._head(answer)
                self._body(answer)
        if answer.get("is_reset"):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _head(self, answer: dict[str, Any]) -> None:
        content = self._content(answer)
        lines = [f"HTTP/1.1 {answer.get('status', 200)} {answer.get('reason', 'OK')}"]
        if answer.get("length", "right") is not None:
            length = len(content) if answer.get("length", "right") == "right" else answer["length"]
            lines.append(f"Content-Length: {length}")
        for name, value in answer.get("headers", {}).items():
            here = f"http://127.0.0.1:{self.server.server_port}"
            text = value.replace("HERE", here).replace("CANARY", self.server.canary).replace("MANY", "x" * 100_000)
            lines.append(f"{name}: {text}")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))

    def _content(self, answer: dict[str, Any]) -> bytes:
        if "fill" in answer:
            return answer["fill"].encode("latin-1") * answer.get("times", 1)
        start = self._asked() if answer.get("resumes") else answer.get("start", 0)
        return self.server.body[start : answer.get("end", len(self.server.body))]

    def _asked(self) -> int:
        words = self.headers.get("Range", "").removeprefix("bytes=").partition("-")[0]
        return int(words) if words.isdecimal() else 0

    def _body(self, answer: dict[str, Any]) -> None:
        content, pieces = self._content(answer), answer.get("pieces", 1)
        size = max(len(content) // pieces, 1)
        for start in range(0, len(content), size):
            self.wfile.write(content[start : start + size])
            time.sleep(answer.get("pause", 0))

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


def start(folder: Path) -> None:
    """Starts a server for the answers in a sandbox and puts its address in the place of a dataset's.

    The times that a download waits are made short.
    """
    import dataclasses

    from Arch.datasets.download import connection, transfer
    from Arch.datasets.download.download import Remote, Source
    from Arch.datasets.sources.catalogue import CATALOGUE

    script = json.loads((folder / "in" / SCRIPT).read_text())
    body = (folder / "in" / BODY).read_bytes()
    server = LyingServer(body, script["answers"], f"file://{folder}/canary/secret.txt")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url, name = f"http://127.0.0.1:{server.server_port}/{script['file']}", script["file"]
    for part in (folder / "in" / "data" / ".fetching").glob("*/*.part.json"):  # begun from this server
        part.write_bytes(part.read_bytes().replace(b"ADDRESS", url.encode()))
    source = Source("MNIST", (Remote(url, name, script["md5"], size=len(body), mirrors=(f"{url}?mirror",)),))
    CATALOGUE["MNIST"] = dataclasses.replace(CATALOGUE["MNIST"], source=source, home="MNIST")
    for module, constant, value in ((connection, "_TIMEOUT_SECONDS", 0.25), (transfer, "_PAUSE_SECONDS", 0.01)):
        getattr(module, constant)  # a renamed constant must not go unnoticed
        setattr(module, constant, value)
