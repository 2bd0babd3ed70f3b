"""Downloads of one file of two kilobytes from a scripted server."""

import pytest

from Arch.datasets.download import transfer as module
from Arch.datasets.download.answers import BrokenTransferError
from Arch.datasets.download.transfer import transfer
from tests.datasets.file_server import serving

BODY = bytes(range(256)) * 8


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.0)
    with serving({"a.bin": BODY}) as server:
        yield server


@pytest.fixture
def part(tmp_path):
    return tmp_path / "a.bin.part"


def downloaded(server, part):
    """Downloads the file and returns its content and the requested ranges."""
    steps = []
    transfer(server.url("a.bin"), part, lambda *step: steps.append(step))
    assert steps[-1][:2] == ("a.bin", len(BODY))
    return part.read_bytes(), [asked for _, asked in server.asked]


def partial(status=200, start=0, end=None, **headers):
    """Returns a response that announces the file from `start` on and ends at `end`."""
    body = BODY[start:end]
    facts = {
        "Content-Length": str(len(BODY) - start),
        **{key.replace("_", "-"): value for key, value in headers.items()},
    }
    if status == 206:
        facts["Content-Range"] = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    return status, facts, body


def facts(total=2048, **headers):
    return {"Content-Length": str(total), **{key.replace("_", "-"): value for key, value in headers.items()}}


def reason_of_failure(server, part, most=None):
    with pytest.raises(BrokenTransferError) as failure:
        transfer(server.url("a.bin"), part, lambda *step: None, most)
    return str(failure.value)
