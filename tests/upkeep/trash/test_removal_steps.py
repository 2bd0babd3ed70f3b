"""After an interruption at any step a removed experiment is complete in the cache or in the trash."""

import errno

import pytest

from Arch.upkeep.trash import trash
from Arch.upkeep.trash.removal import move_to_trash, put_back, removable


@pytest.fixture
def root(workspace):
    return workspace.store.root


def remove(root, entry, *runs):
    return [move_to_trash(root, target) for target in removable(root, [entry.fingerprint], runs)]


@pytest.mark.parametrize("runs", [(), (0,)], ids=["an experiment", "a run"])
def test_a_removal_killed_at_any_step_leaves_a_whole_copy_in_one_place(root, add, disk, snapshot, in_child, runs):
    for step in range(1, 60):
        entry = add(runs=2)
        weights = {name: content for name, content in snapshot(entry.path).items() if "Runs/000" in name}

        def work(step=step, entry=entry):
            disk.kill_at(step)
            remove(root, entry, *runs)

        codes = in_child(work)
        moved = trash.items(root)
        if moved:
            put_back(root, moved[0])
        found = {name: content for name, content in snapshot(entry.path).items() if "Runs/000" in name}
        assert found == weights, f"after a kill at step {step}"
        assert entry.run_indices() == (0, 1)
        assert set(entry.result().scores) == {0, 1}
        if codes == [0]:
            break
    assert 3 < step < 59


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("runs", [(), (0,)], ids=["an experiment", "a run"])
def test_a_disk_error_at_any_step_of_a_removal_is_raised_and_can_be_repeated(root, add, disk, code, runs):
    for step in range(1, 60):
        entry = add(runs=2)
        disk.fail_at(step, code)
        [outcome] = remove(root, entry, *runs)
        count = disk.count
        disk.forget()
        assert bool(outcome.refusal) != bool(outcome.items)
        assert outcome.items == tuple(trash.items(root))
        if outcome.refusal:
            [outcome] = remove(root, entry, *runs)
            assert outcome.items
        put_back(root, trash.items(root)[0])
        assert entry.run_indices() == (0, 1)
        if count < step:
            break
    assert 3 < step < 59
