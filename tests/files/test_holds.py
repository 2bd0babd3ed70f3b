"""What a dead writer leaves, and what a living one has in hand."""

import errno
import fcntl
import os

import pytest

from Arch import files
from Arch.files import door

OTHER = "0123456789abcdef"


@pytest.mark.parametrize("write", [files.write_atomically, files.write_new])
def test_killed_at_any_step_leaves_whole_files_and_the_next_write_tidies_up(tmp_path, kill_at, write):
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


def test_what_a_living_writer_has_in_hand_and_foreign_files_are_not_tidied_up(tmp_path):
    held = files.hold(tmp_path, ".a.", ".tmp")
    for name in (".hidden.tmp", f"a.{OTHER}.tmp", ".a.0123.tmp"):
        (tmp_path / name).write_text("foreign")
    files.write_atomically(tmp_path / "b", "x")
    assert len(files.list_folder(tmp_path)) == 5
    os.close(held.descriptor)
    files.write_atomically(tmp_path / "b", "x")
    assert not held.path.exists()


def test_a_hold_that_is_mistaken_for_a_leftover_at_its_birth_is_made_again_under_another_name(tmp_path, monkeypatch):
    mistaken = []

    def step(verb, path, function, *arguments):
        if function is fcntl.flock and not mistaken:
            mistaken.append(path)
            assert files.remove_abandoned(path)
        return function(*arguments)

    monkeypatch.setattr(door, "_step", step)
    hold = files.hold(tmp_path, "a-", ".hold")
    assert [path.name for path in tmp_path.iterdir()] == [hold.path.name] != [mistaken[0].name]
    hold.let_go()
    assert files.list_folder(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_a_hold_still_works_and_nothing_is_taken_for_dead(tmp_path, break_at, code):
    break_at(1, code, when=lambda function: function is fcntl.flock)
    hold = files.hold(tmp_path, "a-", ".hold")
    break_at(1, code, when=lambda function: function is fcntl.flock)
    assert not files.remove_abandoned(hold.path)
    hold.let_go()
    assert not files.remove_abandoned(hold.path)


def test_whether_a_hold_is_held_is_seen_without_changing_it(tmp_path):
    held = files.hold(tmp_path, ".a.", ".tmp")
    assert files.is_held(held.path)
    os.close(held.descriptor)
    assert not files.is_held(held.path)
    assert held.path.exists()
    assert not files.is_held(tmp_path / "absent")


def test_a_hold_that_cannot_be_asked_counts_as_held(tmp_path, monkeypatch):
    (tmp_path / "hold").write_text("")

    def refuse(verb, path, function, *arguments):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(door, "_step", refuse)
    assert files.is_held(tmp_path / "hold")
