"""Two checkpoints in turn: if one is damaged or cannot be written, the other is complete."""

import errno
import functools

import pytest

from Arch.cache.attempts.checkpoints import Checkpoint, Checkpoints
from Arch.errors import DiskError

OLD, NEW = Checkpoint(10, b"state after ten"), Checkpoint(20, b"state\nafter twenty")
MANY = 60


@pytest.fixture
def checkpoints(tmp_path):
    checkpoints = Checkpoints(tmp_path / "work")
    for checkpoint in (Checkpoint(5, b"early"), OLD, NEW):
        checkpoints.save(checkpoint.step, checkpoint.payload)
    return checkpoints


def newest_file(checkpoints):
    return next(path for path in checkpoints.folder.iterdir() if NEW.payload in path.read_bytes())


def test_the_newest_checkpoint_has_the_highest_step_and_the_one_before_is_kept(checkpoints):
    assert (checkpoints.newest(), checkpoints.step()) == (NEW, 20)
    newest_file(checkpoints).unlink()
    assert (checkpoints.newest(), checkpoints.step()) == (OLD, 10)


def test_without_checkpoints_the_newest_is_none(tmp_path):
    assert (Checkpoints(tmp_path / "none").newest(), Checkpoints(tmp_path / "none").step()) == (None, 0)


def test_a_truncated_newest_checkpoint_is_replaced_by_the_other(checkpoints):
    path = newest_file(checkpoints)
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        assert checkpoints.newest() == OLD, size


def test_a_flipped_bit_never_yields_a_state_that_was_not_saved(checkpoints):
    path = newest_file(checkpoints)
    content = path.read_bytes()
    for position in range(len(content)):
        path.write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        is_in_payload = position > content.index(b"\n")
        assert checkpoints.newest() in ((OLD,) if is_in_payload else (OLD, NEW)), position


@pytest.mark.parametrize("content", [b"", b"{}\n", b"[1]\n", b'{"Place": "x"}\n', b"\xff\n", b"[" * 100_000])
def test_two_unreadable_checkpoints_count_as_none(checkpoints, content):
    for path in checkpoints.folder.iterdir():
        path.write_bytes(content)
    assert (checkpoints.newest(), checkpoints.step()) == (None, 0)
    checkpoints.save(1, b"anew")
    assert checkpoints.newest() == Checkpoint(1, b"anew")


def test_after_a_kill_at_any_step_of_a_save_one_checkpoint_is_complete(disk, checkpoints, in_child):
    def save(step):
        disk.kill_at(step)
        checkpoints.save(30, b"state after thirty")

    for step in range(1, MANY):
        if in_child(functools.partial(save, step)) == [0]:
            break
        assert checkpoints.newest() in (NEW, Checkpoint(30, b"state after thirty")), step
        checkpoints.save(20, NEW.payload)  # as the next attempt does after it resumed
        assert {path.name for path in checkpoints.folder.iterdir()} == {"checkpoint-0", "checkpoint-1"}, step
    assert 5 < step < MANY - 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_after_a_disk_error_at_any_step_of_a_save_one_checkpoint_is_complete(disk, checkpoints, code):
    for step in range(1, MANY):
        disk.fail_at(step, code, forever=True)
        if not is_refused(code, functools.partial(checkpoints.save, 30, b"state after thirty")):
            break
        disk.forget()
        assert checkpoints.newest() in (NEW, Checkpoint(30, b"state after thirty")), step
    assert 3 < step < MANY - 1
    assert checkpoints.newest() == Checkpoint(30, b"state after thirty")


def is_refused(code, action):
    try:
        action()
    except DiskError as problem:
        return problem.errno == code
    return False


def test_the_newest_checkpoint_stays_while_the_next_is_written(disk, checkpoints):
    seen = []
    disk.breaks = lambda number, function, arguments: seen.append(checkpoints.newest())
    checkpoints.save(30, b"state after thirty")
    assert set(seen) <= {NEW, Checkpoint(30, b"state after thirty")}
    assert seen[0] == NEW


def test_discarded_checkpoints_are_removed(checkpoints):
    checkpoints.discard()
    assert checkpoints.newest() is None
