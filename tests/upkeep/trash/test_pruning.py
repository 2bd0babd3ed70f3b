"""Pruning selects what meets every criterion, and never removes what a living process uses."""

import os
import time

import pytest

from Arch import files
from Arch.cache.attempts.failure import Failure
from Arch.errors import ConfigError
from Arch.planning.selection import names_in
from Arch.upkeep.trash import trash
from Arch.upkeep.trash.pruning import Criteria, prunable
from Arch.upkeep.trash.removal import move_to_trash

DAY = 86400
OLD = time.time() - 10 * DAY


@pytest.fixture
def root(workspace):
    return workspace.store.root


def age(folder, seconds=OLD):
    """Sets the age of a folder and everything in it."""
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (seconds, seconds))
    return folder


def found(root, **criteria):
    return prunable(root, names_in(root), Criteria(**criteria))


def chosen(root, **criteria):
    return {(target.kind, target.fingerprint, target.run) for target in found(root, **criteria)}


def fail(entry, index=0):
    lease = entry.take(index)
    entry.work(index).record_failure(Failure.of(ValueError("no luck"), index, lease.claim))
    lease.end("failed")


def test_without_a_criterion_nothing_is_selected(root):
    with pytest.raises(ConfigError, match="--older AGE, --larger SIZE, --failed or --orphans"):
        found(root)


def test_age_is_measured_from_the_latest_change_of_any_file(root, add):
    old, touched, new = add(), add(Seed=1), add(Seed=2)
    age(old.path)
    age(touched.path)
    os.utime(touched.path / "Runs/000/Run.json")
    assert chosen(root, older=9 * DAY) == {("experiment", old.fingerprint, None)}
    assert chosen(root, older=11 * DAY) == set()
    assert len(chosen(root, older=0)) == 3
    assert new.exists


def test_size_is_the_sum_over_all_files(root, add):
    small, large = add(), add(Seed=1)
    (large.path / "Runs/000/Last.safetensors").write_bytes(bytes(10_000))
    size = sum(path.stat().st_size for path in large.path.rglob("*") if path.is_file())
    assert chosen(root, larger=size) == {("experiment", large.fingerprint, None)}
    assert chosen(root, larger=size + 1) == set()
    assert small.exists


def test_criteria_of_age_and_size_both_have_to_be_met(root, add):
    both, old, large = add(), add(Seed=1), add(Seed=2)
    for entry in (both, large):
        (entry.path / "Runs/000/Last.safetensors").write_bytes(bytes(10_000))
    for entry in (both, old):
        age(entry.path)
    [target] = found(root, older=9 * DAY, larger=10_000)
    assert target.fingerprint == both.fingerprint
    assert target.why == "unchanged for 10d, holds 11 KB"


def test_failed_attempts_are_selected_without_the_runs_beside_them(root, add):
    mixed, alone, fine = add(runs=1), add(runs=0, Seed=1), add(Seed=2)
    fail(mixed, 1)
    fail(alone)
    stopped = add(runs=0, Seed=3)
    stopped.take(0).end("stopped")
    targets = found(root, is_failed=True)
    assert {(target.kind, target.fingerprint, target.run) for target in targets} == {
        ("attempt", mixed.fingerprint, 1),
        ("experiment", alone.fingerprint, None),
    }
    assert {target.why for target in targets} == {"failed: ValueError: no luck"}
    for target in targets:
        move_to_trash(root, target)
    assert mixed.run_indices() == (0,)
    assert mixed.attempts() == ()
    assert not alone.exists
    assert fine.exists
    assert found(root, is_failed=True) == []


def test_an_experiment_with_another_unfinished_run_is_not_selected_whole(root, add):
    entry = add(runs=0)
    fail(entry, 0)
    entry.take(1).end("stopped")
    assert chosen(root, is_failed=True) == {("attempt", entry.fingerprint, 0)}


def test_a_failure_that_is_being_retried_is_not_selected(root, add):
    entry = add(runs=0)
    fail(entry)
    lease = entry.take(0, is_forced=True)
    assert found(root, is_failed=True) == []
    lease.end("stopped")


def test_criteria_of_failure_and_age_combine(root, add):
    for seed in (1, 2):
        fail(add(runs=0, Seed=seed))
    old = add(runs=0, Seed=3)
    fail(old)
    age(old.path)
    assert chosen(root, is_failed=True, older=DAY) == {("experiment", old.fingerprint, None)}


def test_files_without_an_experiment_are_orphans(root, add):
    lost, sound = add(), add(Seed=1)
    (lost.path / "Config.json").unlink()
    begun = age(add(runs=0, Seed=2).path)
    (root / ("f" * 32)).mkdir()
    age(root / ("f" * 32))
    assert chosen(root, is_orphan=True) == {
        ("experiment", lost.fingerprint, None),
        ("experiment", begun.name, None),
        ("experiment", "f" * 32, None),
    }
    assert sound.exists


def test_attempts_without_an_experiment_are_orphans_unless_a_process_lives(root, add):
    dead, alive = add(runs=0), add(runs=0, Seed=1)
    dead.work(0).write_log("the experiment was removed meanwhile")
    lease = alive.take(0)
    for entry in (dead, alive):
        (entry.path / "Config.json").unlink()
        age(entry.path)
    targets = {target.fingerprint: target for target in found(root, is_orphan=True)}
    assert (targets[dead.fingerprint].kind, targets[dead.fingerprint].workers) == ("experiment", ())
    assert targets[alive.fingerprint].workers
    lease.end("stopped")


def test_an_entry_that_was_just_created_is_no_orphan(root, add):
    add(runs=0)
    (root / ("f" * 32)).mkdir()
    assert found(root, is_orphan=True) == []


def test_an_entry_with_outputs_of_another_network_is_no_orphan(root, add):
    entry = add(runs=0)
    (entry.path / "Outputs/0123").mkdir(parents=True)
    (entry.path / "Outputs/0123/logits").write_bytes(b"1")
    age(entry.path)
    assert found(root, is_orphan=True) == []


def test_leftovers_of_dead_processes_are_selected_without_those_of_living_ones(root, add, in_child, names_below):
    entry = add()

    def die():
        with entry.write_run(1) as writer:
            (writer.folder / "Last.safetensors").write_bytes(b"half")
            files.create_lock_file(entry.path, ".Config.json.", ".tmp")
            os._exit(0)

    lease = entry.take(2)
    entry.work(2).checkpoints.save(1, b"state")
    with entry.write_run(2, lease) as living:
        in_child(die)
        before = names_below(living.folder.parent)
        targets = found(root, is_orphan=True)
        assert {target.kind for target in targets} == {"leftover"}
        assert all(move_to_trash(root, target).items for target in targets)
        assert names_below(living.folder.parent) == before
    left = names_below(entry.path)
    assert not {name for name in left if ".tmp" in name or "staging" in name}
    assert {name.rpartition("-")[0] for name in left if name.startswith("Work/002")} == {"Work/002/checkpoint"}
    assert len(trash.items(root)) == 3
    lease.end("stopped")


def test_checkpoints_and_claims_beside_a_finished_run_are_leftovers(root, add):
    entry = add()
    entry.work(0).checkpoints.save(1, b"state")
    (entry.path / "Claims/000").mkdir(parents=True)
    (entry.path / "Claims/000/000001.json").write_text("{}")
    assert {place for target in found(root, is_orphan=True) for place in target.places} == {
        f"{entry.fingerprint}/Work/000",
        f"{entry.fingerprint}/Claims/000",
    }


def test_a_target_in_use_by_a_living_process_is_not_removed(root, add):
    entry = add()
    lease = entry.take(1)
    age(entry.path)
    [target] = found(root, older=DAY)
    assert target.workers[0].startswith(str(lease.claim.holder))
    assert move_to_trash(root, target).refusal
    assert entry.exists
    lease.end("stopped")


def test_selecting_changes_nothing(root, add, disk):
    fail(add(runs=1), 1)
    disk.forget()
    found(root, is_failed=True, is_orphan=True, older=0, larger=0)
    assert disk.writes == []
