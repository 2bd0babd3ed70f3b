"""A full or read-only disk: the error names the cause, and no data are lost."""

import errno
import os
import subprocess

import pytest

from Arch.cache.store import Store
from Arch.errors import DiskError, RunDoneError, StoppedError
from tests.cache import stub

SIZE = 2 * 1024 * 1024
REPAIRED = "Free some space on this disk, then give the command again."


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB that a test may fill and remount."""
    place = tmp_path / "small"
    place.mkdir()
    mount(place, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def mount(place, *options):
    done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this system does not let us mount: {done.stderr.strip()}")


def fill(place):
    """Fills the file system completely."""
    with (place / "ballast").open("wb", buffering=0) as ballast:
        for size in (65_536, 4096, 1):
            try:
                while ballast.write(b"x" * size):
                    pass
            except OSError:
                continue
    return place / "ballast"


def test_a_full_disk_is_named_and_the_run_resumes_once_there_is_space(small_disk, config):
    entry = Store(small_disk / "cache").entry(config)
    stub.train(entry, config, 1)
    ballast = []

    def fill_late(epoch):
        if epoch == 3:
            ballast.append(fill(small_disk))

    with pytest.raises(DiskError, match=rf"^cannot write {entry.path}/\S+: no space left on device\. {REPAIRED}$"):
        stub.train(entry, config, 0, fill_late)
    assert entry.run(1) == stub.expected_run(1)
    assert str(entry.status(2, config)).startswith("crashed (1 of 2")
    assert entry.result().scores[1] == stub.expected_run(1).scores
    with pytest.raises(DiskError, match="no space left on device"):
        stub.train(entry, config, 0)
    ballast[0].unlink()
    epochs = []
    stub.train(entry, config, 0, epochs.append)
    assert epochs == [3, 4]
    assert entry.runs() == (stub.expected_run(0), stub.expected_run(1))


def test_a_disk_that_fills_up_at_any_byte_loses_nothing(small_disk, config):
    ballast = fill(small_disk)
    made = 0
    while not made:
        store = Store(small_disk / "cache")
        try:
            stub.train(store.entry(config), config)
            made = 1
        except DiskError as refused:
            assert str(refused).endswith(f"no space left on device. {REPAIRED}")  # noqa: PT017 - of every one of them
        os.truncate(ballast, ballast.stat().st_size - 12_288)
        assert ballast.stat().st_size > SIZE // 2
    assert store.entry(config).runs() == (stub.expected_run(0),)


def test_a_read_only_disk_is_named_and_readable_and_the_run_resumes_once_it_is_writable(small_disk, config):
    entry = Store(small_disk / "cache").entry(config)
    stub.train(entry, config, 1)
    with pytest.raises(StoppedError):
        stub.train(entry, config, 0, stub.stop)
    mount(small_disk, "-o", "remount,ro")
    remedy = "This file system is read-only: name another folder, or mount it for writing, then give the command again."
    for act in (
        lambda: entry.take(0),
        lambda: entry.write_run(0).__enter__(),
        lambda: Store(small_disk).entry(config).open(config),
    ):
        with pytest.raises(DiskError, match=rf"^cannot write {small_disk}/\S+: read-only file system\. {remedy}$"):
            act()
    assert str(entry.status(2, config)) == "stopped (1 of 2)"
    assert entry.result().scores == {1: stub.expected_run(1).scores}
    with pytest.raises(RunDoneError):
        entry.take(1)
    mount(small_disk, "-o", "remount,rw")
    epochs = []
    stub.train(entry, config, 0, epochs.append)
    assert epochs == [3, 4]
    assert entry.runs() == (stub.expected_run(0), stub.expected_run(1))


def test_a_run_resumes_after_its_disk_became_read_only(disk, entry, config):
    """As a kernel does on errors; simulated, since a file system in use cannot be remounted read-only."""
    with pytest.raises(DiskError, match="This file system is read-only"):
        stub.train(entry, config, 0, lambda epoch: epoch == 3 and disk.fail_at(1, errno.EROFS, forever=True))
    disk.forget()
    assert str(entry.status(1, config)) == "crashed (0 of 1)"
    epochs = []
    stub.train(entry, config, 0, epochs.append)
    assert epochs == [3, 4]
    assert entry.runs() == (stub.expected_run(0),)
