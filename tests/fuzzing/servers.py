"""Servers that lie about what they send, under `fetch`."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from functools import partial
from random import Random
from typing import Any

from Arch.datasets.download.unpack import is_archive
from tests.fuzzing.checks import Violation
from tests.fuzzing.command import Command, Outcome
from tests.fuzzing.kind import Kind, Run, Trial, nothing_more
from tests.fuzzing.lying_server import BODY, SCRIPT
from tests.fuzzing.sandbox import Sandbox

_TEXTS = ("\x1b[31mred", "\x9b2J", "a\x07b", "\x00", "x\x7f", "\xe2\x80\xaekcab", "MANY", "", " ", "%s", "é")
_PAGE = "<!DOCTYPE html><html><body>Log in</body></html>"
_LENGTHS = ("-1", "0", "1", "99999999999999", "1e9", "abc", "12, 12", "\x1b[2J", "+5", "\u00b2", "9" * 400, None)
_RANGES = (
    "bytes 0-9/10",
    "bytes 5-9/4",
    "bytes -1-5/9",
    "bytes 0-0/*",
    "items 0-9/10",
    "bytes */10",
    "\x1b[31m",
    "9" * 400,
)
_WAYS = (
    "HERE/loop",
    "HERE/",
    "/again",
    "CANARY",
    "file:///dev/zero",
    "ftp://127.0.0.1/x",
    "http://",
    "//",
    "http://[",
    "MANY",
)
_WAYS += ("http://127.0.0.1:1/x", "http://127.0.0.1:99999/x", "data:,x", "javascript:x", "HERE/\x1b[31m", "HERE/a b")
CONTENT = bytes(range(256)) * 200
"""The content of each file, or of the file in each archive."""

_FILES = ("data.bin", "data.zip", "data.tar.gz", "data.npz", "data.mat", "data.ubyte.gz")


def _prepare(sandbox: Sandbox, _: Run) -> None:
    (sandbox.input / "data").mkdir()
    write_script(sandbox, "data.bin", CONTENT, [_right(Random(0), 0)])


def write_script(sandbox: Sandbox, name: str, body: bytes, answers: list[dict[str, Any]], *, md5: str = "") -> None:
    """Writes what the server of a sandbox sends."""
    (sandbox.input / BODY).write_bytes(body)
    (sandbox.input / SCRIPT).write_text(json.dumps({"file": name, "md5": md5, "answers": answers}))


def _mutate(rng: Random, sandbox: Sandbox) -> Trial:
    name = rng.choice(_FILES)
    body = _body(name)
    has_digest = rng.random() < 0.6
    answers = [_answer(rng, len(body)) for _ in range(rng.choice((1, 1, 2, 3, 4)))]
    write_script(sandbox, name, body, answers, md5=hashlib.md5(body).hexdigest() if has_digest else "")
    if rng.random() < 0.3:
        _leave_part(rng, sandbox, name, body)
    is_sure = not any(_may_pass(answer, name, has_digest=has_digest) for answer in answers)
    fetch = ("fetch", "MNIST", "--data", "data", *rng.choice(((), ("--json",), ("--quiet",))))
    setup, writes = "tests.fuzzing.lying_server:start", ("data", "data/*")
    commands = [Command(fetch, setup=setup, writes=writes, must_fail=is_sure)] * 2
    commands.append(Command(("names", "datasets", "MNIST", "--data", "data"), setup=setup))
    words = "; ".join(json.dumps(answer)[:120] for answer in answers)
    check = partial(_check, body) if has_digest else nothing_more
    return Trial(f"{name}{'' if has_digest else ' without digest'}: {words}", tuple(commands), check=check)


def _check(body: bytes, sandbox: Sandbox, command: Command, outcome: Outcome) -> list[Violation]:
    """Checks that data with a published digest are there as they were published, or not at all."""
    folder = sandbox.input / "data" / "MNIST"
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    if command.verb == "fetch" and (outcome.code == 0) != bool(files):
        return [Violation("wrong data", f"fetch ends with {outcome.code} and leaves {len(files)} files")]
    sound = {body, CONTENT}
    return [Violation("wrong data", f"{path.name} is another file") for path in files if path.read_bytes() not in sound]


def _body(name: str) -> bytes:
    """Returns sound content; an archive with one file where the name is that of an archive."""
    content, target = CONTENT, io.BytesIO()
    if name.endswith((".zip", ".npz")):
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(zipfile.ZipInfo("a.npy"), content)
    elif name.endswith(".tar.gz"):
        with tarfile.open(fileobj=target, mode="w:gz") as archive:
            info = tarfile.TarInfo("a.bin")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    else:
        return content
    return target.getvalue()


def _answer(rng: Random, size: int) -> dict[str, Any]:
    return (
        dict(rng.choice(_ANSWERS)(rng, size), headers=_headers(rng))
        if rng.random() < 0.5
        else rng.choice(_ANSWERS)(rng, size)
    )


def _may_pass(answer: dict[str, Any], name: str, *, has_digest: bool) -> bool:
    """Returns whether a download may accept an answer: it has bytes of the file, or bytes that no check can refuse."""
    if "raw" in answer or answer.get("status", 200) not in {200, 206}:
        return False
    is_checked = has_digest or answer.get("fill") in {"", _PAGE} or is_archive(name)
    return "fill" not in answer or not is_checked


def _headers(rng: Random) -> dict[str, str]:
    names = (
        "ETag",
        "Last-Modified",
        "Content-Encoding",
        "Content-Type",
        "Retry-After",
        "X-\x1b[31m",
        "Transfer-Encoding",
    )
    values = (*_TEXTS, '"tag"', 'W/"tag"', "gzip", "text/html", "99999999", "chunked", "Thu, 01 Jan 1970 00:00:00 GMT")
    return {rng.choice(names): rng.choice(values) for _ in range(rng.choice((1, 2)))}


def _cut(rng: Random, size: int) -> dict[str, Any]:
    return {"end": rng.randrange(size), "length": str(size), "is_reset": rng.random() < 0.3, "headers": {"ETag": '"a"'}}


def _resumed(rng: Random, size: int) -> dict[str, Any]:
    """Answers to a request for a range, with a range that is wrong or right."""
    found = rng.choice(
        (*_RANGES, f"bytes 0-{size - 1}/{size}", f"bytes 7-{size - 1}/{size}", f"bytes 7-{size}/{size + 1}")
    )
    return {"status": 206, "resumes": rng.random() < 0.7, "headers": {"Content-Range": found, "ETag": '"a"'}}


def _length(rng: Random, _: int) -> dict[str, Any]:
    return {"length": rng.choice(_LENGTHS)}


def _page(rng: Random, _: int) -> dict[str, Any]:
    return {
        "fill": rng.choice((_PAGE, "{}", "", "error\n")),
        "status": rng.choice((200, 200, 206)),
        "headers": {"Content-Type": "text/html"},
    }


def _refusal(rng: Random, _: int) -> dict[str, Any]:
    status = rng.choice((100, 204, 304, 400, 401, 403, 404, 407, 408, 416, 418, 429, 500, 503, 599, 999, 0, -1, 20))
    return {"status": status, "reason": rng.choice(("OK", *_TEXTS)), "fill": "no"}


def _redirect(rng: Random, _: int) -> dict[str, Any]:
    return {"status": rng.choice((301, 302, 303, 307, 308)), "fill": "", "headers": {"Location": rng.choice(_WAYS)}}


def _slow(rng: Random, _: int) -> dict[str, Any]:
    return {"pieces": rng.choice((3, 10)), "pause": rng.choice((0.01, 0.05, 0.4))}


def _raw(rng: Random, _: int) -> dict[str, Any]:
    heads = (
        "",
        "\r\n\r\n",
        "garbage",
        "HTTP/9.9 abc\r\n\r\n",
        "HTTP/1.1 200",
        "SSH-2.0-x\r\n",
        "HTTP/1.1 200 OK\r\n" + "A: b\r\n" * 300,
    )
    heads += ("HTTP/1.1 200 OK\r\nA" * 50_000, "HTTP/1.1 200 OK\r\n: \r\n\r\n", "HTTP/1.1 \x1b[31m200 OK\r\n\r\n")
    heads += (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\nx",
    )
    return {"raw": rng.choice(heads), "is_reset": rng.random() < 0.3}


def _huge(rng: Random, _: int) -> dict[str, Any]:
    return {
        "fill": rng.choice(("\0", "x" * 100)),
        "times": 1_000_000,
        "length": rng.choice((None, "right")),
    }


def _right(_: Random, __: int) -> dict[str, Any]:
    return {"headers": {"ETag": '"a"'}}


def _leave_part(rng: Random, sandbox: Sandbox, name: str, body: bytes) -> None:
    """Writes the partial file of an interrupted download, and the record from which it is resumed."""
    folder = sandbox.input / "data" / ".fetching" / "MNIST"
    folder.mkdir(parents=True)
    size = rng.choice((0, 7, 1_000, len(body), len(body) + 9))
    (folder / f"{name}.part").write_bytes((body + b"more bytes")[:size])
    state = {
        "url": rng.choice(("ADDRESS", "http://127.0.0.1:1/x")),
        "validator": rng.choice(('"a"', "", "\x1b[31m\r\nX: y")),
        "total": rng.choice((size, None, -1)),
    }
    text = rng.choice((json.dumps(state), "{}", "[]", "null", "\xff", '{"url": 1, "validator": [], "total": "x"}'))
    (folder / f"{name}.part.json").write_text(text, encoding="latin-1")


_ANSWERS = (_cut, _cut, _resumed, _resumed, _length, _page, _refusal, _redirect, _slow, _raw, _huge, _right)

SERVERS = Kind("servers", 200, _prepare, _mutate)
