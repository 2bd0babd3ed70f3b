"""Downloads of one file from servers that are busy, have no versions, or send wrong ranges."""

import re
import resource

import pytest

from Arch.datasets.download.answers import BrokenTransferError
from Arch.datasets.download.download import Remote, Source, fetched
from Arch.datasets.download.transfer import transfer
from Arch.errors import DataError
from tests.datasets.download.transfers import BODY, downloaded, facts, partial, reason_of_failure


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
