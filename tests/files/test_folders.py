"""Folders are created, renamed, removed and synced."""

import errno
import os

import pytest

from Arch import files
from Arch.errors import DiskError
from Arch.files import system_calls


def test_rename_new_never_replaces_a_folder_with_content(tmp_path):
    for name in ("mine", "theirs"):
        files.make_folder(tmp_path / name)
        files.write_synced(tmp_path / name / "file", name)
    assert not files.rename_new(tmp_path / "mine", tmp_path / "theirs")
    assert files.read_bytes(tmp_path / "theirs" / "file") == b"theirs"
    assert files.read_bytes(tmp_path / "mine" / "file") == b"mine"
    files.make_folder(tmp_path / "empty")
    assert files.rename_new(tmp_path / "mine", tmp_path / "empty")
    assert files.rename_new(tmp_path / "empty", tmp_path / "new")
    assert files.list_folder(tmp_path) == ["new", "theirs"]


def test_renaming_an_absent_folder_or_onto_a_file_is_refused(tmp_path):
    with pytest.raises(DiskError, match="no such file"):
        files.rename_new(tmp_path / "absent", tmp_path / "new")
    files.make_folder(tmp_path / "folder")
    files.write_synced(tmp_path / "file", "")
    with pytest.raises(DiskError, match="A file stands where a folder is expected"):
        files.rename_new(tmp_path / "folder", tmp_path / "file")


def test_make_folder_creates_all_missing_parents(tmp_path):
    files.make_folder(tmp_path / "a" / "b" / "c")
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_in_place_of_a_folder_is_refused(tmp_path):
    files.write_synced(tmp_path / "a", "")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "link"):
        with pytest.raises(DiskError, match=rf"cannot write {path}: not a .*move it away"):
            files.make_folder(path)


def test_removing_a_tree_follows_no_link(tmp_path):
    files.make_folder(tmp_path / "tree" / "below")
    files.make_folder(tmp_path / "kept")
    files.write_synced(tmp_path / "kept" / "file", "x")
    files.write_synced(tmp_path / "tree" / "below" / "file", "x")
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "tree" / "dangling").symlink_to(tmp_path / "nowhere")
    files.remove_tree(tmp_path / "tree")
    files.remove_tree(tmp_path / "tree")
    assert list(files.files_below(tmp_path)) == ["kept/file"]


def test_removing_an_absent_file_or_a_folder_in_use_is_no_error(tmp_path):
    files.write_synced(tmp_path / "a", "")
    files.remove(tmp_path / "absent")
    files.remove_empty_folder(tmp_path / "absent")
    files.remove_empty_folder(tmp_path)
    files.remove(tmp_path / "a")
    assert files.list_folder(tmp_path) == []


def test_a_file_system_without_fsync_of_folders_is_tolerated_a_failing_disk_is_not(tmp_path, break_at):
    break_at(1, errno.EINVAL)
    files.sync_folder(tmp_path)
    break_at(1, errno.EIO)
    with pytest.raises(DiskError):
        files.sync_folder(tmp_path)


def test_rename_over_replaces_the_target(tmp_path):
    for name in ("old", "new"):
        files.write_synced(tmp_path / name, name)
    files.rename_over(tmp_path / "new", tmp_path / "old")
    assert files.list_folder(tmp_path) == ["old"]
    assert files.read_bytes(tmp_path / "old") == b"new"


def test_a_rename_that_worked_although_the_servers_reply_was_lost_is_recognised(tmp_path, monkeypatch):
    def lose_the_reply(verb, path, function, *arguments):
        if function is os.rename:
            function(*arguments)
        return function(*arguments)  # the repeated request no longer finds the source

    for name in ("mine", "theirs"):
        files.make_folder(tmp_path / name)
        files.write_synced(tmp_path / name / "file", name)
    monkeypatch.setattr(system_calls, "_step", lose_the_reply)
    assert files.rename_new(tmp_path / "mine", tmp_path / "new")
    assert files.read_bytes(tmp_path / "new" / "file") == b"mine"
    with pytest.raises(DiskError):
        files.rename_new(tmp_path / "gone", tmp_path / "theirs")


def test_removing_a_stale_handle_is_no_error(tmp_path, break_at, monkeypatch):
    break_at(1, errno.ESTALE)
    files.remove(tmp_path / "a")
    break_at(1, errno.ESTALE)
    files.remove_empty_folder(tmp_path)
    assert tmp_path.exists()

    def stale(verb, path, function, *arguments):
        raise OSError(errno.ESTALE, "stale file handle")

    monkeypatch.setattr(system_calls, "_step", stale)
    assert not files.exists(tmp_path)
