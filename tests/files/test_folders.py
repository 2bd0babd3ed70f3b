"""Folders: made, renamed, removed, synced."""

import errno
import os

import pytest

from Arch import files
from Arch.errors import DiskError
from Arch.files import door


def test_a_rename_never_takes_a_name_that_holds_something(tmp_path):
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


def test_a_rename_of_nothing_or_onto_a_file_is_refused(tmp_path):
    with pytest.raises(DiskError, match="no such file"):
        files.rename_new(tmp_path / "absent", tmp_path / "new")
    files.make_folder(tmp_path / "folder")
    files.write_synced(tmp_path / "file", "")
    with pytest.raises(DiskError, match="A file stands where a folder is expected"):
        files.rename_new(tmp_path / "folder", tmp_path / "file")


def test_folders_are_made_down_to_the_last(tmp_path):
    files.make_folder(tmp_path / "a" / "b" / "c")
    files.make_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()


def test_a_file_in_a_folders_place_is_refused(tmp_path):
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


def test_removing_what_is_gone_or_in_use_is_no_fault(tmp_path):
    files.write_synced(tmp_path / "a", "")
    files.remove(tmp_path / "absent")
    files.remove_empty_folder(tmp_path / "absent")
    files.remove_empty_folder(tmp_path)
    files.remove(tmp_path / "a")
    assert files.list_folder(tmp_path) == []


def test_a_folder_that_cannot_be_synced_is_let_be_but_a_sick_disk_is_not(tmp_path, break_at):
    break_at(1, errno.EINVAL)
    files.sync_folder(tmp_path)
    break_at(1, errno.EIO)
    with pytest.raises(DiskError):
        files.sync_folder(tmp_path)


def test_a_file_may_take_anothers_name(tmp_path):
    for name in ("old", "new"):
        files.write_synced(tmp_path / name, name)
    files.rename_over(tmp_path / "new", tmp_path / "old")
    assert files.list_folder(tmp_path) == ["old"]
    assert files.read_bytes(tmp_path / "old") == b"new"


def test_a_rename_whose_answer_was_lost_on_the_way_is_known_to_have_worked(tmp_path, monkeypatch):
    def lose_the_answer(verb, path, function, *arguments):
        if function is os.rename:
            function(*arguments)
        return function(*arguments)  # asked again, a server no longer finds what it has renamed

    for name in ("mine", "theirs"):
        files.make_folder(tmp_path / name)
        files.write_synced(tmp_path / name / "file", name)
    monkeypatch.setattr(door, "_step", lose_the_answer)
    assert files.rename_new(tmp_path / "mine", tmp_path / "new")
    assert files.read_bytes(tmp_path / "new" / "file") == b"mine"
    with pytest.raises(DiskError):
        files.rename_new(tmp_path / "gone", tmp_path / "theirs")


def test_a_stale_handle_of_a_network_file_system_counts_as_gone(tmp_path, break_at, monkeypatch):
    break_at(1, errno.ESTALE)
    files.remove(tmp_path / "a")
    break_at(1, errno.ESTALE)
    files.remove_empty_folder(tmp_path)
    assert tmp_path.exists()

    def stale(verb, path, function, *arguments):
        raise OSError(errno.ESTALE, "stale file handle")

    monkeypatch.setattr(door, "_step", stale)
    assert not files.exists(tmp_path)
