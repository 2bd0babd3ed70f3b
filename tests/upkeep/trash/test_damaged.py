"""What `verify` finds damaged is removed: runs, whole experiments, files that are none of the cache's."""

import pytest

from Arch.cache.entry import Entry
from Arch.upkeep.trash.removal import damaged, move_to_trash, removable
from Arch.upkeep.verify import verify


@pytest.fixture
def root(workspace):
    return workspace.store.root


def remove(root, entry, *runs):
    return [move_to_trash(root, target) for target in removable(root, [entry.fingerprint], runs)]


@pytest.mark.parametrize("spoil", ["torn", "gone", "renamed"])
def test_an_unusable_entry_can_be_removed(root, add, spoil):
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
def test_only_the_damaged_run_is_removed(root, add, name):
    entry, sound = add(runs=2), add(Seed=1)
    (entry.path / "Runs/001" / name).write_bytes(b"")
    [target] = damaged(root, [entry.fingerprint, sound.fingerprint])
    assert (target.kind, target.run) == ("run", 1)
    move_to_trash(root, target)
    assert entry.run_indices() == (0,)
    assert damaged(root, [entry.fingerprint]) == []


def test_what_verify_finds_is_damaged_byte_for_byte(root, add):
    entry = add(runs=2)
    path = entry.path / "Runs/001/Last.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    [target] = damaged(root, [entry.fingerprint])
    assert (target.kind, target.run) == ("run", 1)
    move_to_trash(root, target)
    assert verify(entry).faults == ()


def test_a_run_that_cannot_be_read_is_damaged(root, add):
    entry = add(runs=2)
    (entry.path / "Runs/000/Run.json").unlink()
    (entry.path / "Runs/000/Run.json").mkdir()
    assert [target.run for target in damaged(root, [entry.fingerprint])] == [0]


def test_what_is_no_file_of_the_cache_and_a_wrong_summary_go_alone(root, add):
    entry = add(runs=2)
    (entry.path / "Runs/000/notes.txt").write_text("mine")
    (entry.path / "Runs/copy").mkdir()
    (entry.path / "Result.json").write_text("{")
    found = damaged(root, [entry.fingerprint])
    assert {place.partition("/")[2] for target in found for place in target.places} == {
        "Runs/000/notes.txt",
        "Runs/copy",
        "Result.json",
    }
    assert all(move_to_trash(root, target).items for target in found)
    assert verify(entry).faults == ()
    assert entry.run_indices() == (0, 1)
