"""Staged folders: complete when renamed, kept while their owner is alive, removed after it has exited."""

import errno
import os

import pytest

from Arch import files
from Arch.errors import DiskError


def die(staged):
    """Unlocks the lock file, as the system does when its owner ends."""
    os.close(staged.lock.descriptor)


def test_a_staged_folder_is_renamed_with_its_files_and_leaves_no_lock_file(tmp_path):
    staged = files.StagedFolder.create(tmp_path / "parent", "staging-")
    (staged.path / "file").write_text("x")
    assert files.rename_new(staged.path, tmp_path / "parent" / "final")
    staged.discard()
    assert list(files.files_below(tmp_path)) == ["parent/final/file"]


def test_a_discarded_folder_is_gone_with_its_lock_file(tmp_path):
    staged = files.StagedFolder.create(tmp_path, "staging-")
    (staged.path / "file").write_text("x")
    staged.discard()
    assert files.list_folder(tmp_path) == []


def test_only_folders_of_dead_owners_count_as_abandoned_and_are_removed(tmp_path):
    living, dead = (files.StagedFolder.create(tmp_path, "staging-a.b-") for _ in range(2))
    die(dead)
    assert [files.is_abandoned(staged.path) for staged in (living, dead)] == [False, True]
    assert sorted(files.staged_folders(tmp_path, "staging-")) == sorted([living.path, dead.path])
    assert [files.remove_if_abandoned(path) for path in (living.path, dead.path)] == [False, True]
    assert files.list_folder(tmp_path) == [living.path.name, living.lock.path.name]


@pytest.mark.parametrize("left", ["folder", "lock file"])
def test_half_a_leftover_is_listed_once_and_removed(tmp_path, left):
    dead = files.StagedFolder.create(tmp_path, "staging-")
    die(dead)
    files.remove_tree(dead.lock.path if left == "folder" else dead.path)
    assert list(files.staged_folders(tmp_path, "staging-")) == [dead.path]
    assert files.remove_if_abandoned(dead.path)
    assert files.list_folder(tmp_path) == []


def test_the_last_change_is_that_of_the_folder_its_files_or_its_lock_file(tmp_path):
    staged = files.StagedFolder.create(tmp_path, "staging-")
    (staged.path / "file").write_text("x")
    for path, seconds in ((staged.path / "file", 300), (staged.path, 200), (staged.lock.path, 100)):
        os.utime(path, (seconds, seconds))
    assert files.last_change(staged.path) == 300
    os.utime(staged.lock.path, (400, 400))
    assert files.last_change(staged.path) == 400


def test_a_folder_that_cannot_be_created_leaves_no_lock_file(tmp_path, break_at):
    break_at(1, errno.ENOSPC, when=lambda function: function is os.mkdir)
    with pytest.raises(DiskError, match="no space left on device"):
        files.StagedFolder.create(tmp_path, "staging-")
    assert files.list_folder(tmp_path) == []
