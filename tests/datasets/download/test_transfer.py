"""One file over HTTP from servers that are busy, forgetful, or wrong about what they send."""

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


def brought(server, part):
    """What a transfer brings, and which parts it asked for."""
    steps = []
    transfer(server.url("a.bin"), part, lambda *step: steps.append(step))
    assert steps[-1][:2] == ("a.bin", len(BODY))
    return part.read_bytes(), [asked for _, asked in server.asked]


def partial(status=200, start=0, end=None, **headers):
    """An answer that promises the file from `start` on and ends at `end`."""
    body = BODY[start:end]
    facts = {
        "Content-Length": str(len(BODY) - start),
        **{key.replace("_", "-"): value for key, value in headers.items()},
    }
    if status == 206:
        facts["Content-Range"] = f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    return status, facts, body


def test_a_busy_server_is_asked_again(server, part):
    server.script = [(503, {}, b""), (429, {}, b"")]
    assert brought(server, part) == (BODY, [None, None, None])


def test_a_server_that_stays_busy_is_given_up(server, part):
    server.script = [(503, {}, b"")] * 4
    with pytest.raises(BrokenTransferError, match="the server answers 503 Service Unavailable"):
        brought(server, part)
    assert len(server.asked) == 4


def test_a_server_that_sends_round_in_circles_is_given_up_in_one_line(server, part):
    server.script = [(302, {"Location": "/a.bin"}, b"")] * 20
    with pytest.raises(BrokenTransferError, match=r"^the server answers 302 [^\n]* infinite loop[^\n]*$"):
        brought(server, part)


def test_a_weak_etag_does_not_stand_for_a_version_but_a_date_does(server, part):
    date = "Sat, 21 Nov 2026 12:00:00 GMT"
    server.script = [
        partial(end=1000, ETag='W/"x"', Last_Modified=date),
        partial(206, 1000, ETag='W/"x"', Last_Modified=date),
    ]
    assert brought(server, part) == (BODY, [None, "bytes=1000-"])


def test_without_a_version_nothing_is_joined(server, part):
    server.script = [partial(end=1000)]
    assert brought(server, part) == (BODY, [None, None])


def test_another_part_than_the_one_asked_for_is_not_joined(server, part):
    server.script = [partial(end=1000, ETag='"x"'), partial(206, 500, ETag='"x"')]
    assert brought(server, part) == (BODY, [None, "bytes=1000-", None])


def test_a_part_that_is_not_named_is_not_joined(server, part):
    server.script = [partial(end=1000, ETag='"x"'), (206, {"Content-Length": "5"}, b"wrong")]
    assert brought(server, part)[0] == BODY


def test_a_file_that_has_become_shorter_is_begun_again(server, part):
    server.script = [partial(end=1000, ETag='"x"'), (416, {"Content-Range": "bytes */10"}, b"")]
    assert brought(server, part) == (BODY, [None, "bytes=1000-", None])


def test_what_is_whole_already_is_not_asked_for(server, part):
    brought(server, part)
    transfer(server.url("a.bin"), part, lambda *step: None)
    assert len(server.asked) == 1


def test_another_address_does_not_go_on_where_the_first_one_ended(server, part):
    server.script = [partial(end=1000, ETag='"x"'), (404, {}, b"")]
    with pytest.raises(BrokenTransferError, match="404"):
        transfer(server.url("old.bin"), part, lambda *step: None)
    assert brought(server, part) == (BODY, [None, "bytes=1000-", None])


def test_a_length_that_is_not_told_is_no_hindrance(server, part):
    server.script = [(200, {}, BODY)]
    assert brought(server, part) == (BODY, [None])


def test_a_folder_that_cannot_be_written_is_named(server, root):
    root.write_text("a file")
    with pytest.raises(DataError, match=r"cannot write .*data.* another data folder"):
        fetched(root, Source("x", (Remote(server.url("a.bin"), "a.bin"),)))


@pytest.fixture
def largest_file():
    """Sets how many bytes a file may have: a write across that limit is done in part, as on a disk that fills up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_with_the_last_bytes_is_named(server, part, largest_file):
    largest_file(len(BODY) - 1)
    with pytest.raises(DataError, match=r"cannot write .*a\.bin\.part: file too large\. Free some space"):
        transfer(server.url("a.bin"), part, lambda *step: None)


def test_what_was_killed_while_it_unpacked_is_not_downloaded_again(server, root):
    work = root / ".fetching" / "x"
    (work / "unpacked" / "half").mkdir(parents=True)
    (work / "a.bin").write_bytes(BODY)
    folder = fetched(root, Source("x", (Remote(server.url("a.bin"), "a.bin"),)))
    assert [path.name for path in folder.iterdir()] == ["a.bin"]
    assert server.asked == []
