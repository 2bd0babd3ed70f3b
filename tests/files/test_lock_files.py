"""The leftovers of a killed process are removed, the unfinished work of a living one is not."""

import errno
import fcntl
import os

import pytest

from Arch import files
from Arch.errors import DiskError
from Arch.files import system_calls

OTHER = "0123456789abcdef"


@pytest.mark.parametrize("write", [files.write_atomically, files.write_new])
def test_killed_at_any_step_a_write_leaves_whole_files_and_the_next_one_cleans_up(tmp_path, kill_at, write):
    number, leftovers = 1, 0
    while kill_at(number, lambda: write(tmp_path / "a", "new")):
        assert not (tmp_path / "a").exists() or (tmp_path / "a").read_text() == "new"
        leftovers += len(set(files.list_folder(tmp_path)) - {"a"})
        files.write_atomically(tmp_path / "other", "x")
        assert set(files.list_folder(tmp_path)) <= {"a", "other"}
        (tmp_path / "a").unlink(missing_ok=True)
        number += 1
    assert number > 5
    assert leftovers >= 3


def test_temporary_files_of_a_living_writer_and_foreign_files_are_kept(tmp_path):
    lock = files.create_lock_file(tmp_path, ".a.", ".tmp")
    for name in (".hidden.tmp", f"a.{OTHER}.tmp", ".a.0123.tmp"):
        (tmp_path / name).write_text("foreign")
    files.write_atomically(tmp_path / "b", "x")
    assert len(files.list_folder(tmp_path)) == 5
    os.close(lock.descriptor)
    files.write_atomically(tmp_path / "b", "x")
    assert not lock.path.exists()


def test_a_lock_file_removed_before_it_is_locked_is_created_under_another_name(tmp_path, monkeypatch):
    mistaken = []

    def step(verb, path, function, *arguments):
        if function is fcntl.flock and not mistaken:
            mistaken.append(path)
            assert files.remove_abandoned(path)
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", step)
    lock = files.create_lock_file(tmp_path, "a-", ".hold")
    assert [path.name for path in tmp_path.iterdir()] == [lock.path.name] != [mistaken[0].name]
    lock.release()
    assert files.list_folder(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_flock_lock_files_work_and_none_counts_as_abandoned(tmp_path, break_at, code):
    break_at(1, code, when=lambda function: function is fcntl.flock)
    lock = files.create_lock_file(tmp_path, "a-", ".hold")
    break_at(1, code, when=lambda function: function is fcntl.flock)
    assert not files.remove_abandoned(lock.path)
    lock.release()
    assert not files.remove_abandoned(lock.path)


def test_is_locked_changes_nothing(tmp_path):
    lock = files.create_lock_file(tmp_path, ".a.", ".tmp")
    assert files.is_locked(lock.path)
    os.close(lock.descriptor)
    assert not files.is_locked(lock.path)
    assert lock.path.exists()
    assert not files.is_locked(tmp_path / "absent")


def test_a_lock_file_that_cannot_be_opened_counts_as_locked(tmp_path, monkeypatch):
    (tmp_path / "hold").write_text("")

    def refuse(verb, path, function, *arguments):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(system_calls, "_step", refuse)
    assert files.is_locked(tmp_path / "hold")


def test_a_lock_file_that_always_disappears_is_an_error_of_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("Arch.files.lock_files.exists", lambda path: False)
    with pytest.raises(DiskError, match=r"cannot write .*: resource temporarily unavailable"):
        files.create_lock_file(tmp_path, ".a.", ".tmp")
