"""Unfinished decoded images: those of the dead are removed, those of the living are not."""

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from Arch.datasets.decoding.store import decoded
from Arch.datasets.download.locking import held, locked
from Arch.errors import DataError
from tests.datasets.decoding.test_store import LABELS, partials, write


@pytest.fixture
def half(root):
    """Makes unfinished folders that nothing was written to for some seconds."""

    def make(name, silent):
        partial = root / "decoded" / f".partial-{name}"
        partial.mkdir(parents=True)
        (partial / "Images.bin").write_bytes(b"half")
        for path in (partial / "Images.bin", partial):
            os.utime(path, (time.time() - silent, time.time() - silent))
        return partial

    return make


def test_what_the_dead_left_is_removed_and_what_the_living_make_is_not(root, half):
    half("dead", 20 * 60)
    living, young = half("living", 20 * 60), half("young", 60)
    with held(living):
        decoded(root, "key", write)
    assert sorted(partials(root)) == [living, young]


def test_what_was_killed_on_this_machine_a_moment_ago_makes_room_at_once(root, half):
    here = os.uname().nodename
    dead, living = half(f"key-{here}-1", 0), half(f"key-{here}-2", 0)
    with held(living):
        decoded(root, "key", lambda folder: write(folder) if not dead.exists() else None)
    assert partials(root) == [living]


def test_what_nothing_was_written_to_for_a_day_is_removed(root, half):
    with held(half("hanging", 2 * 24 * 3600)):
        decoded(root, "key", write)
    assert partials(root) == []


def test_where_there_are_no_locks_a_folder_is_dead_after_a_day(root, half, monkeypatch):
    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    half("old", 2 * 24 * 3600)
    silent = half("silent", 20 * 60)
    assert decoded(root, "key", write).labels.tolist() == LABELS
    assert partials(root) == [silent]


def test_who_waits_for_another_process_says_so_and_goes_on_after_it(tmp_path, caplog):
    with ThreadPoolExecutor(1) as pool:
        with locked(tmp_path / "work"):
            waiting = pool.submit(lambda: locked(tmp_path / "work").__enter__())
            while not caplog.messages:
                time.sleep(0.01)
            assert not waiting.done()
        waiting.result(timeout=10)
    assert caplog.messages == [f"Another process is at work in {tmp_path}/work. Waiting for it."]


def test_a_folder_that_can_never_be_made_is_not_tried_for_ever(tmp_path, monkeypatch):
    def vanish(*arguments, **options):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(type(tmp_path), "mkdir", vanish)  # as below /proc, or in a working folder that was removed
    with pytest.raises(DataError, match=r"cannot write .*work: no such file or directory"), locked(tmp_path / "work"):
        raise AssertionError("locked")
