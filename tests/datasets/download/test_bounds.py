"""Downloads that make no progress, have no end, or exceed the disk are given up."""

import re
import time

import pytest

from Arch.datasets.download import connection
from Arch.datasets.download import transfer as module
from Arch.datasets.download.parts import Part
from Arch.errors import DataError
from tests.datasets.download.transfers import BODY, downloaded, facts, partial, reason_of_failure


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
