"""A lease is transferred from the process that took it to the one that makes the run."""

import json
import os
import signal

import pytest

from Arch.cache.claims import holder
from Arch.cache.making.lease import Lease
from Arch.errors import LeaseLostError, RunHeldError
from tests.cache import stub
from tests.cache.losses import LOSSES


@pytest.fixture
def lease(entry):
    return entry.take(0)


def test_a_token_is_plain_json(lease):
    assert json.loads(json.dumps(lease.token)) == lease.token


def test_a_process_that_adopts_a_lease_becomes_its_holder(entry, config, lease, in_child):
    token = json.loads(json.dumps(lease.token))

    def adopt_and_train():
        with Lease.adopt(entry, 0, token) as adopted:
            own = entry.work(0).claims()[-1].holder
            assert (own.pid, adopted.generation) == (os.getpid(), 1)
            stub.make_run(adopted)
        return 7

    assert in_child(adopt_and_train) == [7]
    assert entry.runs() == (stub.expected_run(0),)


def test_the_first_process_records_the_end_if_the_adopting_one_died(entry, lease, in_child):
    in_child(lambda: Lease.adopt(entry, 0, lease.token) and os._exit(0))
    assert str(entry.status(1)) == "crashed (0 of 1)"
    lease.end("crashed")
    assert entry.work(0).claims()[0].end == "crashed"


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_lost_lease_cannot_be_adopted(entry, lease, lose):
    lose(lease)
    with pytest.raises(LeaseLostError):
        Lease.adopt(entry, 0, lease.token)


def test_the_lease_of_a_finished_run_cannot_be_adopted(entry, lease, commit, monkeypatch):
    monkeypatch.setattr("Arch.cache.attempts.work.Work.clear", lambda work: None)
    commit(entry)
    with pytest.raises(LeaseLostError):
        Lease.adopt(entry, 0, lease.token)


def test_a_process_that_takes_a_run_during_its_adoption_withdraws(entry, in_child, disk):
    """The adoption comes after the other process saw the dead holder and before it writes its claim."""
    in_child(lambda: entry.take(0) and os._exit(0))
    adopters = []

    def adopt():
        try:
            disk.forget()
            held = entry.work(0).claims()[0]
            Lease.adopt(entry, 0, {"Generation": 1, "Nonce": held.holder.nonce})
            os.write(writer, b"!")
            signal.pause()
        finally:
            os._exit(1)

    def adopt_first(number, function, arguments):
        if function is os.link and not adopters:
            adopters.append(os.fork())
            if not adopters[0]:
                adopt()
            os.close(writer)
            assert os.read(reader, 1) == b"!"

    reader, writer = os.pipe()
    disk.breaks = adopt_first
    try:
        with pytest.raises(RunHeldError):
            entry.take(0)
        assert [claim.holder.pid for claim in entry.work(0).claims()] == adopters
    finally:
        os.kill(adopters[0], signal.SIGKILL)
        os.waitpid(adopters[0], 0)
    assert entry.take(0).generation == 2


def test_an_adoption_during_a_takeover_is_refused(entry, disk):
    first = entry.take(0)
    holder.mark_released(first.claim.holder.nonce)  # as if its process had died
    taken = []

    def take_first(number, function, arguments):
        if function is os.replace and not taken:
            taken.append(None)
            holder.mark_released(first.claim.holder.nonce)
            taken[0] = entry.take(0)

    disk.breaks = take_first
    with pytest.raises(LeaseLostError):
        Lease.adopt(entry, 0, first.token)
    taken[0].check()
    assert taken[0].generation == 2
