"""Downloads of one file from servers that are busy, have no versions, or send wrong ranges."""

import re
import resource
import time

import pytest

from Arch.datasets.download import connection
from Arch.datasets.download import transfer as module
from Arch.datasets.download.answers import BrokenTransferError
from Arch.datasets.download.download import Remote, Source, fetched
from Arch.datasets.download.parts import Part
from Arch.datasets.download.transfer import transfer
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


def facts(total=2048, **headers):
    return {"Content-Length": str(total), **{key.replace("_", "-"): value for key, value in headers.items()}}


def reason_of_failure(server, part, most=None):
    with pytest.raises(BrokenTransferError) as failure:
        transfer(server.url("a.bin"), part, lambda *step: None, most)
    return str(failure.value)


def test_a_server_that_breaks_off_at_two_places_in_turn_is_given_up(server, part):
    server.script = [(200, facts(), BODY[:end]) for end in (500, 1000) * 50]
    assert reason_of_failure(server, part) == "the connection ended after 1000 of 2048 bytes"
    assert len(server.asked) == 6  # two that made progress, and four that made none


def test_a_server_that_sends_a_byte_more_each_time_is_given_up(server, part):
    server.script = [(200, facts(10_000_000), bytes(end)) for end in range(1000, 1100)]
    reason_of_failure(server, part)
    assert len(server.asked) == 4


def test_attempts_that_make_progress_are_bounded_too(server, part, monkeypatch):
    monkeypatch.setattr(module, "_MOST_ATTEMPTS", 5)
    server.script = [
        partial(200 if not start else 206, start, start + 100, ETag='"x"') for start in range(0, 2000, 100)
    ]
    assert reason_of_failure(server, part) == "the connection ended after 500 of 2048 bytes"


def test_a_file_that_changes_with_each_answer_is_given_up(server, part):
    server.script = [partial(end=1000, ETag=f'"{version}"') for version in range(20)]
    reason_of_failure(server, part)
    assert len(server.asked) <= 8


def test_a_file_that_has_changed_is_resumed_although_less_of_it_is_there(server, part):
    ends = (1800, 300, 600, 900, 1200, 1500)
    starts = (0, 0, 300, 600, 900, 1200)
    server.script = [
        partial(206 if start else 200, start, end, ETag='"new"' if place else '"old"')
        for place, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    server.script.append(partial(206, 1500, ETag='"new"'))
    assert downloaded(server, part)[0] == BODY


OTHER_BYTES = {
    "another ETag": partial(206, 1000, ETag='"y"'),
    "another length": (
        206,
        {"ETag": '"x"', "Content-Range": "bytes 1000-2047/4096", "Content-Length": "1048"},
        BODY[1000:],
    ),
    "a range that is too long": (206, {"Content-Range": "bytes 1000-9999/2048"}, BODY[1000:]),
    "a range that ends before it begins": (206, {"Content-Range": "bytes 1000-999/2048"}, b""),
    "another length than its range": (206, {"Content-Range": "bytes 1000-2047/2048", "Content-Length": "9"}, b"x" * 9),
    "a number without end": (206, {"Content-Range": f"bytes 1000-2047/{'9' * 5000}"}, BODY[1000:]),
}


@pytest.mark.parametrize("fault", OTHER_BYTES)
def test_a_part_of_other_bytes_is_not_appended(fault, server, part):
    server.script = [partial(end=1000, ETag='"x"'), OTHER_BYTES[fault]]
    assert downloaded(server, part)[0] == BODY
    assert server.asked[1] == ("a.bin", "bytes=1000-")


def test_a_part_of_another_date_is_not_appended(server, part):
    dates = [f"Sat, 21 Nov 2026 12:00:0{second} GMT" for second in range(2)]
    server.script = [partial(end=1000, Last_Modified=dates[0]), partial(206, 1000, Last_Modified=dates[1])]
    assert downloaded(server, part) == (BODY, [None, "bytes=1000-", None])


def test_a_part_without_an_etag_of_its_own_is_appended(server, part):
    server.script = [partial(end=1000, ETag='"x"'), partial(206, 1000, end=1500), partial(206, 1500)]
    assert downloaded(server, part) == (BODY, [None, "bytes=1000-", "bytes=1500-"])


@pytest.mark.parametrize("length", ["9" * 5000, "-5", "many"])
def test_a_length_that_is_no_number_of_bytes_is_as_none(length, server, part):
    server.script = [(200, {"Content-Length": length}, BODY)]
    assert downloaded(server, part) == (BODY, [None])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, facts(Content_Type="text/html"), BODY), "the server sends a web page in place of the file"),
        ((200, facts(Content_Encoding="gzip"), BODY), r"the server sends it compressed \(gzip\)"),
        ((203, facts(), BODY), "the server answers 203"),
        ((302, {"Location": "ftp://127.0.0.1/a.bin"}, b""), "unknown url type: ftp"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "the server answers 302 .* not allowed"),
        ((302, {"Location": "http://[127.0.0.1/"}, b""), "Invalid IPv6 URL"),
    ],
)
def test_an_answer_that_does_not_bring_the_file_is_refused(answer, words, server, part):
    server.script = [answer] * 4
    assert re.match(words, reason_of_failure(server, part))
    assert not part.exists()


def test_a_compressed_file_may_be_declared_as_compressed_content(server, tmp_path):
    server.script = [(200, facts(Content_Encoding="x-gzip"), BODY)]
    transfer(server.url("a.tar.gz"), tmp_path / "a.tar.gz.part", lambda *step: None)
    assert (tmp_path / "a.tar.gz.part").read_bytes() == BODY


def without_end(piece):
    """Returns a body that repeats a piece as long as the client reads."""

    def write(file):
        while True:
            file.write(piece)

    return write


CHUNKED = {"Transfer-Encoding": "chunked"}
ENDLESS = {
    "a body without a length": (
        (200, {}, without_end(bytes(1 << 16))),
        "sends more than 98 KB, far more than this file",
    ),
    "chunks": ((200, CHUNKED, without_end(b"1\r\nx\r\n" * 1000)), "sends more than 98 KB, far more than this file"),
    "trailers": ((200, CHUNKED, without_end(b"0\r\n" + b"a: b\r\n" * 1000)), "the server's answer has no end"),
    "a page that redirects": (
        (302, {"Location": "/b.bin"}, without_end(bytes(1 << 16))),
        "the server's answer has no end",
    ),
    "interim answers": (
        (100, {}, without_end(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)),
        "the server's answer has no end",
    ),
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_an_end_is_refused(kind, server, part, monkeypatch):
    monkeypatch.setattr(module, "_ATTEMPTS", 1)
    answer, words = ENDLESS[kind]
    server.script = [answer]
    assert words in reason_of_failure(server, part, most=100_000)
    assert not part.exists() or part.stat().st_size <= 100_000 + (1 << 18)


def dribbled(piece):
    """Returns a body of which one piece comes every few milliseconds, for two seconds."""

    def write(file):
        end = time.monotonic() + 2
        while time.monotonic() < end:
            file.write(piece)
            time.sleep(0.005)

    return write


@pytest.mark.parametrize(
    "answer",
    [(200, facts(1 << 20), dribbled(b"x")), (200, CHUNKED, dribbled(b"1\r\nx\r\n")), (100, {}, dribbled(b"a"))],
    ids=["a body", "chunks", "a head"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(answer, server, part, monkeypatch):
    monkeypatch.setattr(connection, "_WINDOW_SECONDS", 0.05)
    monkeypatch.setattr(module, "_ATTEMPTS", 1)
    server.script = [answer]
    begin = time.monotonic()
    assert re.fullmatch(r"the server sent only \d+ B in 0 s", reason_of_failure(server, part))
    assert time.monotonic() - begin < 1.5


def test_a_file_that_exceeds_the_free_space_is_not_begun(server, part, monkeypatch):
    monkeypatch.setattr(Part, "free", 1000)
    with pytest.raises(DataError, match=r"a\.bin takes 2\.0 KB, but only 1\.0 KB are free\. Free some space"):
        downloaded(server, part)
    assert not part.exists()


def test_a_file_of_unknown_size_does_not_fill_the_disk(server, part, monkeypatch):
    monkeypatch.setattr(Part, "free", 1000)
    server.script = [(200, {}, BODY)]
    with pytest.raises(
        DataError, match=r"the server does not tell its size, and 2\.0 KB of it have filled nine tenths"
    ):
        downloaded(server, part)
    assert not part.exists()


@pytest.mark.parametrize("record", ["[", '{"url": 1, "validator": 2, "total": "x"}', "[" * 100_000, "null"])
def test_a_damaged_record_of_a_part_is_as_none(record, server, part):
    part.write_bytes(b"part")
    part.with_name("a.bin.part.json").write_text(record)
    assert downloaded(server, part) == (BODY, [None])
