"""Taking a run: its previous holders, and changes between the check and the claim."""

import errno
import os
import threading

import pytest

from Arch import files
from Arch.cache.claims.heartbeats import Heartbeats
from Arch.cache.making.taking import take
from Arch.errors import CacheError, DiskError, RunDoneError, RunHeldError
from Arch.files import system_calls
from tests.cache import stub

MANY = 60


def test_the_refusal_of_a_held_run_names_its_holder_and_start(entry):
    claim = entry.take(0).claim
    with pytest.raises(RunHeldError) as held:
        entry.take(0)
    host = os.uname().nodename
    assert str(held.value) == (
        f"run 0 of {entry.path} is being made by process {os.getpid()} on {host} since {claim.since}."
    )
    assert held.value.claim == claim


def test_a_finished_run_is_not_taken_and_its_work_files_are_removed(entry, commit, monkeypatch, names_below):
    lease = entry.take(0)
    entry.work(0).checkpoints.save(1, b"state")
    monkeypatch.setattr("Arch.cache.attempts.work.Work.clear", lambda work: None)
    commit(entry)
    monkeypatch.undo()
    assert "Claims/000/000001.json" in names_below(entry.path)
    with pytest.raises(RunDoneError, match=f"run 0 of {entry.path} is finished already"):
        entry.take(0)
    assert {name.partition("/")[0] for name in names_below(entry.path)} == {"Config.json", "Result.json", "Runs"}
    assert lease.generation == 1


def test_a_run_of_an_unopened_entry_cannot_be_taken(store, config, names_below):
    with pytest.raises(CacheError, match="has to be opened"):
        store.entry(config).take(0)
    assert not store.root.exists()


def test_each_attempt_has_the_next_number_and_the_step_it_started_from(entry):
    for step in (0, 4, 9):
        if step:
            entry.work(0).checkpoints.save(step, b"state")
        entry.take(0).end("stopped")
    assert [(claim.generation, claim.step) for claim in entry.work(0).claims()] == [(1, 0), (2, 4), (3, 9)]


@pytest.mark.parametrize("moment", [os.mkdir, os.link], ids=["mkdir", "link"])
def test_a_run_committed_just_before_the_claim_is_written_is_done(disk, entry, commit, names_below, moment):
    disk.breaks = lambda number, function, arguments: function is moment and (disk.forget(), commit(entry))
    with pytest.raises(RunDoneError):
        entry.take(0)
    assert not any(name.startswith(("Claims", "Work")) for name in names_below(entry.path))


def test_an_entry_removed_just_before_the_claim_is_written_is_not_created_again(disk, entry):
    def remove(number, function, arguments):
        if function is os.link:
            disk.forget()
            files.remove(entry.path / "Config.json")

    disk.breaks = remove
    with pytest.raises(CacheError, match="has to be opened"):
        entry.take(0)
    assert files.list_folder(f"{entry.path}/Claims/000") == []


def test_a_stale_listing_of_a_network_file_system_uses_no_number_twice(entry, monkeypatch):
    entry.take(0).end("stopped")
    old = files.list_folder(f"{entry.path}/Claims/000")
    entry.take(0).end("stopped")
    holder = entry.take(0)
    look = files.list_folder
    monkeypatch.setattr(files, "list_folder", lambda folder: old if "Claims/" in str(folder) else look(folder))
    with pytest.raises(RunHeldError) as held:
        entry.take(0)
    assert held.value.claim == holder.claim
    monkeypatch.undo()
    assert len(entry.work(0).claims()) == 3


def test_a_claim_that_was_written_although_the_servers_reply_was_lost_is_recognised(entry, monkeypatch):
    def lose_the_reply(verb, path, function, *arguments):
        if function is os.link:
            os.link(*arguments)
        return function(*arguments)  # the repeated request finds that the name exists

    monkeypatch.setattr(system_calls, "_step", lose_the_reply)
    lease = entry.take(0)
    lease.check()
    assert lease.generation == 1


def test_a_claim_that_was_written_counts_although_the_disk_fails_afterwards(disk, entry):
    def fail_after_the_link(number, function, arguments):
        if function is os.fsync and any(step[2] is os.link for step in disk.steps):
            raise OSError(errno.EIO, "input/output error")

    disk.forget()
    disk.breaks = fail_after_the_link
    entry.take(0).check()
    assert len(entry.work(0).claims()) == 1


@pytest.mark.parametrize("forever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.ESTALE], ids=errno.errorcode.get)
def test_after_a_disk_error_at_any_step_of_taking_the_run_is_taken_or_free(disk, entry, code, forever):
    for step in range(1, MANY):
        disk.fail_at(step, code, forever=forever)
        is_taken = has_taken(entry)
        if disk.count < step:
            break
        disk.forget()
        assert has_taken(entry) is not is_taken, step
        entry.work(0).clear()
    assert 8 < step < MANY - 1


def has_taken(entry):
    try:
        return bool(entry.take(0))
    except (CacheError, DiskError):
        return False


def test_of_many_threads_of_one_process_one_takes_a_run(disk, entry):
    disk.delay()
    taken, start = [], threading.Barrier(8)

    def contend():
        start.wait()
        if has_taken(entry):
            taken.append(1)

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert taken == [1]


def test_an_old_holder_is_fenced_by_its_nonce_when_claim_numbers_start_again(entry, config):
    """Claim numbers start again after a run was committed and removed; a suspended holder sees another nonce."""
    old = entry.take(0)
    files.remove_tree(f"{entry.path}/Claims")
    new = take(entry, 0, Heartbeats())
    assert (old.generation, new.generation) == (1, 1)
    new.check()
    with pytest.raises(CacheError, match="taken over"):
        old.check()
    old.end("failed")
    new.check()
    with new:
        stub.make_run(new)
    assert entry.runs() == (stub.expected_run(0),)
