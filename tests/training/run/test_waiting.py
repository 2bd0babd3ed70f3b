"""Waiting for a run of another process, until it finishes, the process dies, or a stop is requested."""

import json
import os
import signal
import threading
import time

import pytest

from Arch.callbacks import Requests
from Arch.errors import StoppedError
from Arch.training.run import waiting
from Arch.training.run.waiting import wait_for_lease


@pytest.fixture
def quick(monkeypatch):
    """Shortens the pause between two attempts to a hundredth of a second."""
    monkeypatch.setattr(waiting.time, "sleep", lambda _, sleep=time.sleep: sleep(0.01))


def held(entry):
    """Starts a process that holds run 0 until it is killed."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            entry.take(0)
            os.write(writing, b"!")
            time.sleep(60)
        finally:
            os._exit(1)
    assert os.read(reading, 1) == b"!"
    os.close(reading)
    os.close(writing)
    return pid


def test_a_run_of_another_process_is_taken_over_when_that_dies(trainer, quick, caplog):
    training = trainer()
    training.entry.open(training.config)
    pid = held(training.entry)
    threading.Timer(0.2, lambda: (os.kill(pid, signal.SIGKILL), os.waitpid(pid, 0))).start()
    assert training.result().n == 1
    assert [f"process {pid}" in record.message for record in caplog.records] == [True]
    assert training.entry.run(0).provenance["attempts"] == 2


def test_a_run_that_another_process_finishes_is_not_made_again(trainer, quick):
    training = trainer()
    training.entry.open(training.config)
    lease = training.entry.take(0)
    maker = threading.Thread(target=lambda: (time.sleep(0.2), trainer().make_run(lease)))
    maker.start()
    result = training.result()
    maker.join()
    assert result.n == 1
    assert json.loads((training.entry.run_folder(0) / "Run.json").read_text())["Provenance"]["attempts"] == 1


def test_a_stop_request_ends_the_waiting(trainer, quick):
    training = trainer()
    training.entry.open(training.config)
    lease, requests = training.entry.take(0), Requests()
    threading.Timer(0.1, requests.stop).start()
    with pytest.raises(StoppedError, match="another process"):
        wait_for_lease(training.entry, 0, requests, device="cpu")
    lease.end("stopped")


def test_the_claim_of_a_user_is_marked_as_forced(trainer):
    training = trainer()
    training.entry.open(training.config)
    lease = wait_for_lease(training.entry, 0, Requests(), device="cuda:3")
    assert (lease.claim.is_forced, lease.claim.device) == (True, "cuda:3")
    lease.end("stopped")
