"""Downloads of one file from servers that are busy, have no versions, or send wrong ranges."""

import resource

import pytest

from Arch.datasets.download import transfer as module
from Arch.datasets.download.download import Remote, Source, fetched
from Arch.datasets.download.transfer import BrokenTransferError, transfer
from Arch.errors import DataError
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


def test_a_busy_server_is_tried_again(server, part):
    server.script = [(503, {}, b""), (429, {}, b"")]
    assert downloaded(server, part) == (BODY, [None, None, None])


def test_a_server_that_stays_busy_is_an_error(server, part):
    server.script = [(503, {}, b"")] * 4
    with pytest.raises(BrokenTransferError, match="the server answers 503 Service Unavailable"):
        downloaded(server, part)
    assert len(server.asked) == 4


def test_a_redirect_loop_is_an_error_of_one_line(server, part):
    server.script = [(302, {"Location": "/a.bin"}, b"")] * 20
    with pytest.raises(BrokenTransferError, match=r"^the server answers 302 [^\n]* infinite loop[^\n]*$"):
        downloaded(server, part)


def test_a_download_is_resumed_by_its_date_but_not_by_a_weak_etag(server, part):
    date = "Sat, 21 Nov 2026 12:00:00 GMT"
    server.script = [
        partial(end=1000, ETag='W/"x"', Last_Modified=date),
        partial(206, 1000, ETag='W/"x"', Last_Modified=date),
    ]
    assert downloaded(server, part) == (BODY, [None, "bytes=1000-"])


def test_a_download_without_etag_or_date_is_not_resumed(server, part):
    server.script = [partial(end=1000)]
    assert downloaded(server, part) == (BODY, [None, None])


def test_a_response_with_another_range_is_not_appended(server, part):
    server.script = [partial(end=1000, ETag='"x"'), partial(206, 500, ETag='"x"')]
    assert downloaded(server, part) == (BODY, [None, "bytes=1000-", None])


def test_a_partial_response_without_a_range_is_not_appended(server, part):
    server.script = [partial(end=1000, ETag='"x"'), (206, {"Content-Length": "5"}, b"wrong")]
    assert downloaded(server, part)[0] == BODY


def test_a_file_that_became_shorter_is_downloaded_from_the_start(server, part):
    server.script = [partial(end=1000, ETag='"x"'), (416, {"Content-Range": "bytes */10"}, b"")]
    assert downloaded(server, part) == (BODY, [None, "bytes=1000-", None])


def test_a_complete_file_is_not_requested_again(server, part):
    downloaded(server, part)
    transfer(server.url("a.bin"), part, lambda *step: None)
    assert len(server.asked) == 1


def test_a_partial_download_is_not_resumed_from_another_address(server, part):
    server.script = [partial(end=1000, ETag='"x"'), (404, {}, b"")]
    with pytest.raises(BrokenTransferError, match="404"):
        transfer(server.url("old.bin"), part, lambda *step: None)
    assert downloaded(server, part) == (BODY, [None, "bytes=1000-", None])


def test_a_response_without_a_length_is_accepted(server, part):
    server.script = [(200, {}, BODY)]
    assert downloaded(server, part) == (BODY, [None])


def test_an_unwritable_folder_is_named_in_the_error(server, root):
    root.write_text("a file")
    with pytest.raises(DataError, match=r"cannot write .*data.* another data folder"):
        fetched(root, Source("x", (Remote(server.url("a.bin"), "a.bin"),)))


@pytest.fixture
def largest_file():
    """Limits the size of files: a write beyond the limit is partial, as on a disk that becomes full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_at_the_last_bytes_is_an_error(server, part, largest_file):
    largest_file(len(BODY) - 1)
    with pytest.raises(DataError, match=r"cannot write .*a\.bin\.part: file too large\. Free some space"):
        transfer(server.url("a.bin"), part, lambda *step: None)


def test_a_download_killed_while_unpacking_is_not_repeated(server, root):
    work = root / ".fetching" / "x"
    (work / "unpacked" / "half").mkdir(parents=True)
    (work / "a.bin").write_bytes(BODY)
    folder = fetched(root, Source("x", (Remote(server.url("a.bin"), "a.bin"),)))
    assert [path.name for path in folder.iterdir()] == ["a.bin"]
    assert server.asked == []
