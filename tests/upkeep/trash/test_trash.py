"""What goes to the trash goes in one step, tells where it was, and comes back as it went."""

import errno
import time

import pytest

from Arch.cache.entry import Entry
from Arch.cache.making.workers import workers
from Arch.errors import CacheError, DiskError
from Arch.upkeep.trash import trash
from Arch.upkeep.trash.removal import damaged, put_back, removable, take_away
from Arch.upkeep.trash.targets import dependents
from tests.small_rules import run

DAY = 86400


@pytest.fixture
def root(workspace):
    return workspace.store.root


def remove(root, entry, *runs):
    return [take_away(root, target) for target in removable(root, [entry.fingerprint], runs)]


def test_an_experiment_goes_whole_and_comes_back_byte_for_byte(root, add, snapshot):
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


def test_a_run_goes_alone_and_the_summary_follows(root, add, snapshot):
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


def test_what_a_killed_commit_left_beside_a_run_does_not_outlive_it(root, add):
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
    assert entry.work(0).attempt().state == "missing"


def test_the_last_run_goes_with_its_summary(root, add):
    entry = add()
    remove(root, entry, 0)
    assert not (entry.path / "Result.json").exists()
    assert entry.result().n == 0


def test_an_old_run_that_comes_back_never_shows_the_new_ones_scores(root, add, disk):
    entry = add()
    remove(root, entry, 0)
    with entry.write_run(0) as writer:
        writer.commit(run(0, accuracy=0.75))
    summary = (entry.path / "Result.json").read_bytes()
    [target] = removable(root, [entry.fingerprint], [0])
    take_away(root, target)
    (entry.path / "Result.json").write_bytes(summary)  # as after a crash before it was withdrawn
    put_back(root, trash.items(root)[-1])
    assert entry.result().scores[0]["accuracy"] == 0.5


def test_nothing_comes_back_onto_what_is_there_again(root, add, snapshot):
    entry = add()
    remove(root, entry)
    again = add()
    before = snapshot(again.path)
    [item] = trash.items(root)
    with pytest.raises(CacheError, match=f"is there again.*rm {entry.fingerprint[:12]} --apply"):
        put_back(root, item)
    assert snapshot(again.path) == before
    assert item.path.exists()


def test_a_run_comes_back_only_to_its_experiment(root, add):
    entry = add(runs=2)
    remove(root, entry, 1)
    remove(root, entry)
    whole, single = trash.items(root) if trash.items(root)[0].is_experiment else reversed(trash.items(root))
    with pytest.raises(CacheError, match="put that back first"):
        put_back(root, single)
    put_back(root, whole)
    put_back(root, single)
    assert entry.run_indices() == (0, 1)


def test_a_run_that_is_nowhere_is_an_error_that_lists_those_that_are(root, add):
    names = [add(runs=2).fingerprint, add(Seed=1).fingerprint]
    assert [(target.fingerprint, target.run) for target in removable(root, names, [1])] == [(names[0], 1)]
    with pytest.raises(CacheError, match=r"there is no run 7 in .*\. Runs there: 0, 1\."):
        removable(root, names, [0, 7])


def test_what_a_living_process_makes_stays_and_it_is_named(root, add):
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


def test_a_writer_without_a_lease_is_seen_by_its_hold(root, add):
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
    assert entry.in_hand() == ()
    for item in outcome.items:
        put_back(root, item)
    assert snapshot(entry.path) == before


@pytest.mark.parametrize("spoil", ["torn", "gone", "renamed"])
def test_an_entry_that_everything_else_refuses_can_be_removed(root, add, spoil):
    entry = add()
    if spoil == "torn":
        (entry.path / "Config.json").write_text("{")
    elif spoil == "gone":
        (entry.path / "Config.json").unlink()
    else:
        entry = Entry(entry.path.rename(root / ("0" * 32)))
    [target] = damaged(root, [entry.fingerprint])
    assert target.kind == "experiment"
    assert [bool(outcome.items) for outcome in remove(root, entry)] == [True]
    assert not entry.path.exists()


@pytest.mark.parametrize("name", ["manifest.json", "Run.json", "Last.safetensors"])
def test_of_a_damaged_run_only_the_run_is_taken(root, add, name):
    entry, sound = add(runs=2), add(Seed=1)
    (entry.path / "Runs/001" / name).write_bytes(b"")
    [target] = damaged(root, [entry.fingerprint, sound.fingerprint])
    assert (target.kind, target.run) == ("run", 1)
    take_away(root, target)
    assert entry.run_indices() == (0,)
    assert damaged(root, [entry.fingerprint]) == []


def test_the_experiments_made_from_another_are_known(root, add):
    teacher = add()
    students = {add(Seed=seed, Taught=True, Teacher={"Model": "Net"}).fingerprint for seed in (1, 2)}
    assert {name: set(found) for name, found in dependents(root, [teacher.fingerprint]).items()} == {
        teacher.fingerprint: students
    }


def test_what_is_forgotten_is_gone_and_an_interrupted_forgetting_is_completed(root, add, disk):
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


def test_the_latest_comes_first_and_tells_when_it_went(root, add, monkeypatch):
    now = time.time()
    for seed, age in enumerate((3 * DAY, 0, 9 * DAY)):
        monkeypatch.setattr(time, "time", lambda age=age: now - age)
        remove(root, add(Seed=seed))
    assert [item.seconds for item in trash.items(root)] == pytest.approx([now, now - 3 * DAY, now - 9 * DAY], abs=1e-5)


def test_what_else_lies_in_the_trash_is_left_alone(root, add):
    (root / ".trash").mkdir()
    for name in ("notes.txt", "a.b", "20260131T120000123456", ".going-20260131T120000123456.a.b"):
        (root / ".trash" / name).write_text("mine")
    assert trash.items(root) == []
