"""After a kill or a disk error at any step an entry has its old or its new state, and the next writer proceeds."""

import errno
import functools
import shutil
import signal

import pytest

from Arch.cache.entry import Entry
from Arch.errors import DiskError

RUN = {"Last.safetensors", "Run.json", "manifest.json"}
MANY = 200


def whole(*indices):
    """Lists the files of an entry with these committed runs and no unfinished ones."""
    return {"Config.json", "Result.json"} | {f"Runs/{index:03d}/{name}" for index in indices for name in RUN}


def check_is_whole(entry, config, runs):
    """Asserts that all visible runs are complete and are among `runs`."""
    seen = entry.run_indices()
    assert set(seen) <= set(runs)
    if entry.exists:
        entry.check(config)
        result = entry.result()
        assert {index: scores["accuracy"] for index, scores in result.scores.items()} == {i: runs[i] for i in seen}
        assert [entry.run(index).scores["accuracy"] for index in seen] == [runs[index] for index in seen]
    else:
        assert seen == ()
    for index in seen:
        assert entry.weights(index, "Last").read_bytes() == b"weights of %d" % index


def test_after_a_kill_at_any_step_of_the_first_run_the_entry_is_whole(
    disk, store, config, commit, in_child, names_below
):
    entry = store.entry(config)

    def work(dies_at=0):
        if dies_at:
            disk.kill_at(dies_at)
        entry.open(config)
        commit(entry)

    for step in range(1, MANY):
        shutil.rmtree(store.root, ignore_errors=True)
        if in_child(functools.partial(work, step)) == [0]:
            break
        check_is_whole(entry, config, {0: 0.5})
        work()
        check_is_whole(entry, config, {0: 0.5})
        assert names_below(entry.path) == whole(0), f"after a kill at step {step}"
    assert 30 < step < MANY - 1


def test_after_a_kill_at_any_step_of_a_second_run_the_entry_is_whole(
    disk, entry, config, commit, in_child, names_below
):
    commit(entry, 0, 0.5)
    for step in range(1, MANY):
        shutil.rmtree(entry.path / "Runs" / "001", ignore_errors=True)
        if in_child(functools.partial(commit_until, step, disk, commit, entry, 1)) == [1]:
            break
        check_is_whole(entry, config, {0: 0.5, 1: 0.75})
        assert 0 in entry.run_indices()
        commit(entry, 1, 0.75)
        assert entry.run_indices() == (0, 1)
        assert names_below(entry.path) == whole(0, 1), f"after a kill at step {step}"
    assert 20 < step < MANY - 1


def test_old_scores_of_a_removed_run_never_return_after_a_kill(disk, entry, config, commit, in_child):
    for step in range(1, MANY):
        shutil.rmtree(entry.path / "Runs", ignore_errors=True)
        commit(entry, 0, 0.5)
        shutil.rmtree(entry.path / "Runs" / "000")
        if in_child(functools.partial(commit_until, step, disk, commit, entry, 0)) == [1]:
            break
        check_is_whole(entry, config, {0: 0.75})
    assert 20 < step < MANY - 1


@pytest.mark.parametrize("forever", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
def test_a_disk_error_at_any_step_is_raised_and_the_command_can_be_repeated(
    disk, store, config, commit, names_below, code, forever
):
    entry = store.entry(config)
    for step in range(1, MANY):
        shutil.rmtree(store.root, ignore_errors=True)
        disk.fail_at(step, code, forever=forever)
        refused = attempt(entry, config, commit)
        if disk.count < step:
            break
        disk.forget()
        check_is_whole(entry, config, {0: 0.5})
        assert refused or entry.run_indices() == (0,)
        assert not attempt(entry, config, commit)
        assert names_below(entry.path) == whole(0), f"after {errno.errorcode[code]} at step {step}"
    assert 30 < step < MANY - 1


def commit_until(step, disk, commit, entry, index):
    """Commits a run, killing this process at a step; returns whether it was committed if it comes that far."""
    disk.kill_at(step)
    return commit(entry, index, 0.75)


def attempt(entry, config, commit):
    """Opens the entry and commits a run; returns whether the disk refused."""
    try:
        entry.open(config)
        commit(entry)
    except DiskError:
        return True
    return False


def test_a_killed_writer_dies_of_the_signal(disk, entry, commit, in_child):
    assert in_child(functools.partial(commit_until, 1, disk, commit, entry, 0)) == [-signal.SIGKILL]


@pytest.mark.parametrize("repetition", range(10))
def test_one_of_many_processes_that_make_the_same_run_commits_it(
    disk, entry, commit, in_child, names_below, repetition
):
    disk.delay()
    accuracies = [0.1 * number for number in range(8)]
    won = in_child(*(lambda accuracy=accuracy: commit(entry, 0, accuracy) for accuracy in accuracies))
    assert sorted(won) == [0] * 7 + [1]
    assert entry.run(0).scores["accuracy"] == accuracies[won.index(1)]
    assert entry.result().scores[0]["accuracy"] == accuracies[won.index(1)]
    assert names_below(entry.path) == whole(0)


@pytest.mark.parametrize("repetition", range(10))
def test_many_processes_that_make_different_runs_all_commit(disk, entry, commit, in_child, names_below, repetition):
    disk.delay()
    assert in_child(*(lambda index=index: commit(entry, index) for index in range(8))) == [1] * 8
    assert entry.run_indices() == tuple(range(8))
    assert names_below(entry.path) == whole(*range(8))


def test_many_processes_that_open_the_same_entry_agree(disk, store, config, in_child, names_below):
    disk.delay()
    assert in_child(*[lambda: store.entry(config).open(config)] * 8) == [0] * 8
    assert names_below(store.root) == {f"{config.fingerprint}/Config.json"}


def test_another_writer_leaves_the_files_of_a_living_one(entry, commit, make_run):
    with entry.write_run(0) as slow:
        (slow.folder / "log").write_text("half way")
        assert commit(Entry(entry.path), 1)
        assert (slow.folder / "log").read_text() == "half way"
        assert slow.commit(make_run(0))
    assert entry.run_indices() == (0, 1)
