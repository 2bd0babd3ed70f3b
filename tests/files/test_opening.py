"""Only regular files are opened: nothing waits for a named pipe, and the error says what stands there."""

import os

import pytest

from Arch import files
from Arch.errors import CorruptEntryError, DiskError, NotAFileError
from tests.special_files import SPECIAL, time_limit

READERS = {
    "whole": files.read_bytes,
    "as JSON": files.read_json,
    "the start": lambda path: files.read_start(path, 10),
    "the end": lambda path: files.read_end(path, 10),
    "a part": lambda path: files.read_from(path, 3, 10),
    "the digest": files.size_and_sha256,
    "the time": files.changed_at,
    "opened": files.open_file,
    "checked": files.require_file,
    "appended to": lambda path: files.append(path, "x"),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_regular_file_is_named_and_never_waited_for(kind, reader, tmp_path):
    path = tmp_path / "record"
    SPECIAL[kind](path)
    with time_limit(), pytest.raises(DiskError, match=rf"^cannot (read|write) {path}: is {kind}"):
        READERS[reader](path)


def test_it_is_damage_and_a_refusal_of_the_disk(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CorruptEntryError) as caught:
        files.read_bytes(tmp_path / "pipe")
    assert isinstance(caught.value, DiskError)
    assert caught.value.filename == str(tmp_path / "pipe")


def test_a_link_to_a_file_is_read(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    assert files.read_bytes(tmp_path / "link") == b"x"
    assert files.is_file(tmp_path / "link")


def test_a_file_that_a_file_server_has_leased_is_waited_for(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    system_open = os.open

    def refusing(path, flags, *mode):
        if flags & os.O_NONBLOCK:
            raise BlockingIOError(11, "try again")
        return system_open(path, flags, *mode)

    monkeypatch.setattr(os, "open", refusing)
    assert files.read_bytes(tmp_path / "file") == b"x"
    os.mkfifo(tmp_path / "pipe")
    with time_limit(), pytest.raises(NotAFileError):
        files.read_bytes(tmp_path / "pipe")


def test_a_file_above_the_bound_is_damaged_and_not_read(tmp_path):
    with (tmp_path / "record").open("wb") as file:
        file.truncate(1 << 40)  # sparse: reading it would take all memory
    for read, most in ((files.read_bytes, 10 << 20), (files.read_json, 1 << 20)):
        with pytest.raises(CorruptEntryError, match=rf"it has more than {most >> 20} MB"):
            read(tmp_path / "record", most)
    assert files.read_end(tmp_path / "record", 3) == files.read_from(tmp_path / "record", 5, 3) == b"\0\0\0"


def test_a_file_of_exactly_the_bound_is_read(tmp_path):
    (tmp_path / "record").write_bytes(b"x" * 100)
    assert len(files.read_bytes(tmp_path / "record", 100)) == 100
    with pytest.raises(CorruptEntryError):
        files.read_bytes(tmp_path / "record", 99)


def test_links_to_folders_are_not_entered(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/file").write_text("")
    for name in ("one", "two"):
        (tmp_path / f"run/{name}").symlink_to("..")  # entered, they would lead to 2^40 paths
    assert list(files.files_below(tmp_path / "run")) == ["file", "one", "two"]


def test_a_link_to_itself_is_absent(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    assert not files.exists(tmp_path / "loop")
