"""File contents are read and written completely or not at all; oracles: literals, FIPS 180-2, injected faults."""

import contextlib
import errno
import os

import pytest

from Arch import files
from Arch.errors import CorruptEntryError, DiskError
from Arch.files import system_calls


def test_what_is_written_is_read(tmp_path):
    files.write_atomically(tmp_path / "a", "gr\u00fcn\n")
    files.write_atomically(tmp_path / "a", "blau\n")
    files.write_synced(tmp_path / "b", b"\x00\xff")
    assert files.read_bytes(tmp_path / "a") == b"blau\n"
    assert files.read_bytes(tmp_path / "b") == b"\x00\xff"
    assert files.list_folder(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_a_file_of_any_size_is_read_whole(tmp_path, size):
    content = os.urandom(size)
    (tmp_path / "a").write_bytes(content)
    assert files.read_bytes(tmp_path / "a") == content


def test_json_is_read_as_written_and_keeps_its_order(tmp_path):
    document = {"b": [1, 2.5, None, True], "a": {"\u00e9": "lone \ud800"}}
    files.write_json(tmp_path / "a.json", document)
    assert files.read_json(tmp_path / "a.json") == document
    assert list(files.read_json(tmp_path / "a.json")) == ["b", "a"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_that_is_not_finite_is_refused_and_not_written(tmp_path, value):
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "a.json", {"a": value})
    assert files.list_folder(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b'{"a": 1', b"[1]", b"3", b'{"a": Infinity}', b"\xff", b"[" * 100_000])
def test_json_that_is_no_object_is_one_error_with_its_file_and_a_remedy(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(
        CorruptEntryError, match=rf"^{tmp_path}/a\.json is damaged or was edited: .*Restore .*`main\.py rm --corrupt`"
    ):
        files.read_json(tmp_path / "a.json")


def test_the_sha256_of_abc_is_that_of_the_standard(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert files.size_and_sha256(tmp_path / "a") == (3, digest)
    assert files.size_of(tmp_path / "a") == 3


def test_absent_files_raise_or_are_empty(tmp_path):
    for read in (files.read_bytes, files.read_json, files.size_and_sha256, files.size_of):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "a")
    (tmp_path / "file").write_text("")
    assert not files.exists(tmp_path / "a")
    assert not files.exists(tmp_path / "file" / "below")
    assert files.list_folder(tmp_path / "a") == []


def test_all_files_below_a_folder_are_listed_by_their_relative_path(tmp_path):
    for name in ("b", "a/c", "a/d/e"):
        files.make_folder((tmp_path / name).parent)
        files.write_synced(tmp_path / name, "")
    files.make_folder(tmp_path / "empty")
    assert list(files.files_below(tmp_path)) == ["a/c", "a/d/e", "b"]


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "no space left on device. Free some space"),
        (errno.EROFS, "read-only file system. This file system is read-only: name another folder"),
        (errno.EACCES, "permission denied. You lack the permission: change the owner or the mode"),
        (errno.EIO, "input/output error. Check the disk"),
    ],
)
def test_a_system_error_is_reported_with_the_path_and_a_remedy(tmp_path, break_at, code, remedy):
    break_at(1, code)
    with pytest.raises(DiskError) as caught:
        files.write_synced(tmp_path / "a", "x")
    assert str(caught.value).startswith(f"cannot write {tmp_path}/a: {remedy}")
    assert (caught.value.errno, caught.value.filename) == (code, f"{tmp_path}/a")


def test_a_read_error_is_reported_with_the_path(tmp_path):
    with pytest.raises(DiskError, match=f"cannot read {tmp_path}: is a directory"):
        files.read_bytes(tmp_path)


def test_a_stale_file_handle_counts_as_absent(monkeypatch, tmp_path):
    def step(*_):
        raise OSError(errno.ESTALE, "stale")

    monkeypatch.setattr(system_calls, "_step", step)
    assert not files.exists(tmp_path)


def test_after_an_error_at_any_step_a_file_has_its_old_or_its_new_content(tmp_path, break_at, monkeypatch):
    path = tmp_path / "a"
    for number in range(1, 20):
        path.write_text("old")
        taken = break_at(number, errno.ENOSPC)
        with contextlib.suppress(DiskError):
            files.write_atomically(path, "new")
        if len(taken) < number:
            break
        assert path.read_text() in ("old", "new")
        monkeypatch.undo()
        files.write_atomically(path, "newer")
        assert (path.read_text(), files.list_folder(tmp_path)) == ("newer", ["a"])
    assert 5 < number < 19


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda path: files.write_atomically(path, "x"), "replace"),
        (lambda path: files.write_new(path, "x"), "link"),
        (files.make_folder, "mkdir"),
    ],
)
def test_a_new_name_is_synced_after_the_content(tmp_path, monkeypatch, act, name):
    steps = []

    def step(verb, path, function, *arguments):
        steps.append((function.__name__, os.fspath(path)))
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", step)
    act(tmp_path / "a")
    named = steps.index((name, str(tmp_path / "a")))
    assert ("fsync", str(tmp_path)) in steps[named:]
    assert name == "mkdir" or any(each == "fsync" and path.endswith(".tmp") for each, path in steps[:named])


def test_write_new_writes_a_file_once(tmp_path):
    assert files.write_new(tmp_path / "a", "first")
    assert not files.write_new(tmp_path / "a", "second")
    assert (tmp_path / "a").read_text() == "first"
    assert files.list_folder(tmp_path) == ["a"]


def test_a_short_write_is_completed(tmp_path, monkeypatch):
    def step(verb, path, function, *arguments):
        return function(arguments[0], arguments[1][:3]) if function is os.write else function(*arguments)

    monkeypatch.setattr(system_calls, "_step", step)
    files.write_synced(tmp_path / "a", "0123456789")
    assert (tmp_path / "a").read_text() == "0123456789"


def test_the_output_of_a_process_is_appended_to_what_others_wrote(tmp_path):
    files.append(tmp_path / "log", "one\n")
    descriptor = files.open_to_append(tmp_path / "log")
    files.append(tmp_path / "log", "two\n")
    os.write(descriptor, b"three\n")
    os.close(descriptor)
    assert (tmp_path / "log").read_text() == "one\ntwo\nthree\n"


def test_a_line_written_in_pieces_is_appended_completely(tmp_path, monkeypatch):
    def write_three_bytes(verb, path, function, *arguments):
        return os.write(arguments[0], arguments[1][:3]) if function is os.write else function(*arguments)

    monkeypatch.setattr(system_calls, "_step", write_three_bytes)
    files.append(tmp_path / "log", "first line\n")
    files.append(tmp_path / "log", "second\n")
    assert (tmp_path / "log").read_text() == "first line\nsecond\n"
