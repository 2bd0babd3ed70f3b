"""Properties of workers on this machine alone."""

import os
import signal
import time
from pathlib import Path

import pytest

from Arch.errors import TrainingError
from Arch.sweep.executors.local import COMMAND, LocalPool
from Arch.sweep.executors.order import Order
from Arch.sweep.progress import Slot

ORDER = Order("", "", "", "", 0, {}, {}, "cpu")
SLOT = Slot("cpu", "cpu", {}, None)


def ended(pool):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if endings := pool.ended(0.1):
            return endings[0]
    raise AssertionError("it never ended")


def test_a_killed_worker_ran_out_of_memory_if_the_system_counts_one_more(tmp_path, monkeypatch):
    counts = iter([4, 5])
    monkeypatch.setattr("Arch.sweep.executors.local.out_of_memory_kills", lambda: next(counts))
    pool = LocalPool((SLOT,), ("sleep", "60"))
    worker = pool.start(ORDER, SLOT, tmp_path / "log")
    os.kill(int(worker), signal.SIGKILL)
    ending = ended(pool)
    assert (ending.signal, ending.is_out_of_memory) == ("SIGKILL", True)


@pytest.mark.parametrize(("counts", "number"), [((4, 4), 9), ((None, None), 9), ((4, 5), 11)])
def test_other_exits_are_not_out_of_memory(counts, number, tmp_path, monkeypatch):
    readings = iter(counts)
    monkeypatch.setattr("Arch.sweep.executors.local.out_of_memory_kills", lambda: next(readings))
    pool = LocalPool((SLOT,), ("sleep", "60"))
    os.kill(int(pool.start(ORDER, SLOT, tmp_path / "log")), number)
    assert not ended(pool).is_out_of_memory


def test_a_worker_killed_by_the_pool_is_not_out_of_memory(tmp_path, monkeypatch):
    counts = iter([4, 5])
    monkeypatch.setattr("Arch.sweep.executors.local.out_of_memory_kills", lambda: next(counts))
    pool = LocalPool((SLOT,), ("sleep", "60"))
    pool.kill(pool.start(ORDER, SLOT, tmp_path / "log"))
    assert not ended(pool).is_out_of_memory


def test_a_worker_is_in_a_session_of_its_own(tmp_path):
    pool = LocalPool((SLOT,), ("sleep", "60"))
    worker = int(pool.start(ORDER, SLOT, tmp_path / "log"))
    assert os.getsid(worker) == worker != os.getsid(0)
    pool.close()


def test_processes_started_by_a_worker_are_killed_with_it(tmp_path):
    pool = LocalPool((SLOT,), ("sh", "-c", "sleep 60 & echo $!; wait"))
    worker = pool.start(ORDER, SLOT, tmp_path / "log")
    while not (tmp_path / "log").read_text().endswith("\n"):
        time.sleep(0.02)
    child = int((tmp_path / "log").read_text())
    pool.kill(worker)
    ended(pool)
    until = time.monotonic() + 60
    while is_running(child):  # the system takes its time to end a process
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_absent_program_is_one_error_message(tmp_path):
    pool = LocalPool((SLOT,), (str(tmp_path / "nothing"),))
    with pytest.raises(TrainingError, match="a worker cannot be started"):
        pool.start(ORDER, SLOT, tmp_path / "log")
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_files_in_the_working_directory_do_not_shadow_modules(tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise RuntimeError('mistaken')")
    monkeypatch.chdir(tmp_path)
    pool = LocalPool((SLOT,), COMMAND)
    pool.start(ORDER, SLOT, tmp_path / "log")
    ended(pool)
    assert "mistaken" not in (tmp_path / "log").read_text()


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
