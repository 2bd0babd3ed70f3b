"""Items are moved to the trash atomically, under a name made of their path, and are restored unchanged."""

import errno
import time

import pytest

from Arch.cache.attempts.attempt import attempt_at
from Arch.cache.making.workers import workers
from Arch.errors import CacheError, DiskError
from Arch.upkeep.trash import trash
from Arch.upkeep.trash.removal import move_to_trash, put_back, removable
from Arch.upkeep.trash.targets import dependents
from tests.small_rules import run

DAY = 86400


@pytest.fixture
def root(workspace):
    return workspace.store.root


def remove(root, entry, *runs):
    return [move_to_trash(root, target) for target in removable(root, [entry.fingerprint], runs)]


def test_an_experiment_is_removed_and_restored_byte_for_byte(root, add, snapshot):
    entry, other = add(runs=2), add(Seed=1)
    before, neighbour = snapshot(entry.path), snapshot(other.path)
    [outcome] = remove(root, entry)
    assert not entry.path.exists()
    [item] = trash.items(root)
    assert outcome.items == (item,)
    assert (item.fingerprint, item.run, item.is_experiment) == (entry.fingerprint, None, True)
    assert snapshot(item.path) == before
    put_back(root, item)
    assert snapshot(entry.path) == before
    assert snapshot(other.path) == neighbour
    assert trash.items(root) == []


def test_removing_a_run_updates_the_summary(root, add, snapshot):
    entry = add(runs=3)
    before = snapshot(entry.path)
    remove(root, entry, 1)
    assert entry.run_indices() == (0, 2)
    assert set(entry.result().scores) == {0, 2}
    assert '"1"' not in (entry.path / "Result.json").read_text()
    [item] = trash.items(root)
    assert (item.run, item.is_experiment) == (1, False)
    put_back(root, item)
    assert snapshot(entry.path) == before


def test_files_of_a_killed_commit_are_removed_with_the_run(root, add):
    entry = add(runs=0)
    claim = entry.take(0).claim
    entry.work(0).checkpoints.save(1, b"state")
    with entry.write_run(0) as writer:
        writer.commit(run(0))
    entry.work(0).checkpoints.save(1, b"state")
    (entry.path / "Claims/000").mkdir(parents=True)
    (entry.path / "Claims/000/000001.json").write_text(claim.text())
    remove(root, entry, 0)
    assert entry.work(0).checkpoints.newest() is None
    assert attempt_at(entry.work(0)).state == "missing"


def test_removing_the_last_run_removes_the_summary(root, add):
    entry = add()
    remove(root, entry, 0)
    assert not (entry.path / "Result.json").exists()
    assert entry.result().n == 0


def test_a_restored_run_never_shows_the_scores_of_a_newer_one(root, add, disk):
    entry = add()
    remove(root, entry, 0)
    with entry.write_run(0) as writer:
        writer.commit(run(0, accuracy=0.75))
    summary = (entry.path / "Result.json").read_bytes()
    [target] = removable(root, [entry.fingerprint], [0])
    move_to_trash(root, target)
    (entry.path / "Result.json").write_bytes(summary)  # as after a crash before it was withdrawn
    put_back(root, trash.items(root)[-1])
    assert entry.result().scores[0]["accuracy"] == 0.5


def test_an_item_is_not_restored_over_a_new_one(root, add, snapshot):
    entry = add()
    remove(root, entry)
    again = add()
    before = snapshot(again.path)
    [item] = trash.items(root)
    with pytest.raises(CacheError, match=f"exists again.*rm {entry.fingerprint[:12]} --apply"):
        put_back(root, item)
    assert snapshot(again.path) == before
    assert item.path.exists()


def test_a_run_is_restored_only_into_its_experiment(root, add):
    entry = add(runs=2)
    remove(root, entry, 1)
    remove(root, entry)
    whole, single = trash.items(root) if trash.items(root)[0].is_experiment else reversed(trash.items(root))
    with pytest.raises(CacheError, match="put that back first"):
        put_back(root, single)
    put_back(root, whole)
    put_back(root, single)
    assert entry.run_indices() == (0, 1)


def test_a_run_that_does_not_exist_is_an_error_with_a_list_of_runs(root, add):
    names = [add(runs=2).fingerprint, add(Seed=1).fingerprint]
    assert [(target.fingerprint, target.run) for target in removable(root, names, [1])] == [(names[0], 1)]
    with pytest.raises(CacheError, match=r"there is no run 7 in .*\. Runs there: 0, 1\."):
        removable(root, names, [0, 7])


def test_an_experiment_in_use_is_not_removed_and_the_process_is_named(root, add):
    entry = add()
    lease = entry.take(1)
    for runs in ((), (1,)):
        [outcome] = remove(root, entry, *runs)
        assert outcome.items == ()
        assert outcome.refusal.startswith(f"{lease.claim.holder} has been making run 1 since {lease.claim.since}")
    assert [outcome.refusal for outcome in remove(root, entry, 0)] == [""]
    lease.end("stopped")
    assert workers(entry.path) == ()
    assert [bool(outcome.items) for outcome in remove(root, entry)] == [True]


def test_a_writer_without_a_lease_is_found_by_its_lock_file(root, add):
    entry = add()
    with entry.write_run(1):
        assert workers(entry.path) == ("a living process is making run 1",)
    assert workers(entry.path) == ()


def test_the_attempts_at_a_run_can_be_removed_and_put_back(root, add, snapshot):
    entry = add()
    lease = entry.take(1)
    entry.work(1).checkpoints.save(3, b"state")
    lease.end("failed")
    before = snapshot(entry.path)
    [outcome] = remove(root, entry, 1)
    assert entry.attempts() == ()
    for item in outcome.items:
        put_back(root, item)
    assert snapshot(entry.path) == before


def test_a_removal_that_fails_halfway_tells_what_was_moved(root, add, monkeypatch):
    entry = add()
    lease = entry.take(1)
    entry.work(1).checkpoints.save(3, b"state")
    lease.end("failed")
    whole = trash.move

    def move(folder, place):
        if "Claims" in place:
            raise DiskError(f"cannot write {place}")
        return whole(folder, place)

    monkeypatch.setattr(trash, "move", move)
    [outcome] = remove(root, entry, 1)
    assert [item.place for item in outcome.items] == [f"{entry.fingerprint}/Work/001"]
    assert outcome.refusal == f"cannot write {entry.fingerprint}/Claims/001"


def test_a_run_that_cannot_be_moved_stays_in_the_summary(root, add, monkeypatch):
    entry = add(runs=2)
    before = (entry.path / "Result.json").read_bytes()

    def refuse(folder, place):
        raise DiskError("cannot write")

    monkeypatch.setattr(trash, "move", refuse)
    [outcome] = remove(root, entry, 1)
    assert (outcome.items, outcome.refusal) == ((), "cannot write")
    assert (entry.path / "Result.json").read_bytes() == before


def test_the_dependents_of_an_experiment_are_found(root, add):
    teacher = add()
    students = {add(Seed=seed, Taught=True, Teacher={"Model": "Net"}).fingerprint for seed in (1, 2)}
    assert {name: set(found) for name, found in dependents(root, [teacher.fingerprint]).items()} == {
        teacher.fingerprint: students
    }


def test_a_deleted_item_is_gone_and_an_interrupted_deletion_is_completed(root, add, disk):
    entry = add(runs=2)
    remove(root, entry)
    [item] = trash.items(root)
    disk.fail_at(5, errno.EIO, forever=True)
    with pytest.raises(DiskError):
        trash.forget(item)
    disk.forget()
    assert trash.items(root) == []
    assert any((root / ".trash").iterdir())
    trash.forget_rest(root)
    assert not any((root / ".trash").iterdir())


def test_the_latest_item_comes_first_with_its_time(root, add, monkeypatch):
    now = time.time()
    for seed, age in enumerate((3 * DAY, 0, 9 * DAY)):
        monkeypatch.setattr(time, "time", lambda age=age: now - age)
        remove(root, add(Seed=seed))
    assert [item.seconds for item in trash.items(root)] == pytest.approx([now, now - 3 * DAY, now - 9 * DAY], abs=1e-5)


def test_other_files_in_the_trash_are_ignored(root, add):
    (root / ".trash").mkdir()
    for name in ("notes.txt", "a.b", "20260131T120000123456", ".going-20260131T120000123456.a.b"):
        (root / ".trash" / name).write_text("mine")
    assert trash.items(root) == []
