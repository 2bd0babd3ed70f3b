"""Unfinished decoded images of dead processes are removed, those of living ones are not; a lock is waited for."""

import errno
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from Arch import files
from Arch.datasets.decoding.store import decoded
from Arch.datasets.download.locking import locked
from Arch.errors import DataError
from tests.datasets.decoding.test_store import LABELS, forks, partials, write


@pytest.fixture
def half(root):
    """Makes unfinished folders, of which the lock is held by this process, last written to some seconds ago."""

    def make(name, silent):
        staging = files.StagedFolder.create(root / "decoded", f".partial-{name}-")
        (staging.path / "Images.bin").write_bytes(b"half")
        for path in (staging.path / "Images.bin", staging.path, staging.lock.path):
            os.utime(path, (time.time() - silent, time.time() - silent))
        return staging

    return make


def kill(staging):
    """Unlocks the lock file, as the system does when its owner dies."""
    os.close(staging.lock.descriptor)
    return staging.path


def folders(root):
    return {path for path in partials(root) if path.is_dir()}


def test_abandoned_folders_are_removed_and_those_of_living_processes_are_not(root, half):
    kill(half("dead", 20 * 60))
    living, young = half("living", 20 * 60), half("young", 60)
    kill(young)  # on another host, where its lock may be held without being seen on this one
    decoded(root, "key", write)
    assert folders(root) == {living.path, young.path}


def test_a_folder_abandoned_on_this_host_is_removed_at_once(root, half):
    here = os.uname().nodename
    dead, living = kill(half(f"key-{here}", 0)), half(f"key-{here}", 0)
    decoded(root, "key", lambda folder: write(folder) if not dead.exists() else None)
    assert folders(root) == {living.path}


def test_a_folder_without_a_write_for_a_day_is_removed(root, half):
    half("hanging", 2 * 24 * 3600)
    decoded(root, "key", write)
    assert partials(root) == []


def test_without_locks_only_a_folder_without_a_write_for_a_day_is_removed(root, half, monkeypatch):
    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    half("old", 2 * 24 * 3600)
    silent = kill(half("silent", 20 * 60))
    assert decoded(root, "key", write).labels.tolist() == LABELS
    assert folders(root) == {silent}


def test_waiting_for_another_process_is_logged_and_ends_with_its_work(tmp_path, caplog):
    with ThreadPoolExecutor(1) as pool:
        with locked(tmp_path / "work"):
            waiting = pool.submit(lambda: locked(tmp_path / "work").__enter__())
            while not caplog.messages:
                time.sleep(0.01)
            assert not waiting.done()
        waiting.result(timeout=10)
    assert caplog.messages == [f"Another process is at work in {tmp_path}/work. Waiting for it."]


def test_a_folder_that_can_never_be_created_ends_in_an_error(tmp_path, monkeypatch):
    def vanish(*arguments, **options):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(type(tmp_path), "mkdir", vanish)  # as below /proc, or in a working folder that was removed
    with pytest.raises(DataError, match=r"cannot write .*work: no such file or directory"), locked(tmp_path / "work"):
        raise AssertionError("locked")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_required_lock_that_the_file_system_does_not_support_is_an_error(tmp_path, monkeypatch, code):
    def no_locks(*arguments):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(DataError, match=r"cannot lock .*work: .* Use another data folder"), locked(tmp_path / "work"):
        raise AssertionError("locked")
    with locked(tmp_path / "work", is_vital=False):
        pass


@forks
def test_a_killed_process_frees_its_lock_and_leaves_its_files_to_the_next_holder(tmp_path):
    heard, told = os.pipe()
    work = tmp_path / "data" / "work"
    pid = os.fork()
    if not pid:
        with locked(work):
            (work / "half").write_text("")
            os.write(told, b"!")
            signal.pause()
        os._exit(1)
    assert os.read(heard, 1) == b"!"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with locked(work):
        assert (work / "half").exists()
    assert not work.exists()


@forks
def test_a_child_forked_under_a_lock_does_not_keep_it_after_its_parent(tmp_path):
    with locked(tmp_path / "work"):
        pid = os.fork()
        if not pid:
            signal.pause()
            os._exit(1)
    try:
        with locked(tmp_path / "work"):
            pass
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_of_many_threads_one_at_a_time_holds_the_lock_although_each_removes_the_folder(tmp_path):
    inside, most = [], []

    def work(number):
        with locked(tmp_path / "data" / "work"):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.002)
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert most == [1] * 40
