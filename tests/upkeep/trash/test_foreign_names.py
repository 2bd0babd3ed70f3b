"""Names in the trash and links in a cache of somebody else: nothing outside of the cache is moved or removed."""

import os

import pytest

from Arch.cli.main import main
from Arch.errors import CacheError
from Arch.upkeep.trash import trash
from Arch.upkeep.trash.pruning import Criteria, prunable
from Arch.upkeep.trash.removal import move_to_trash, put_back, removable

STAMP = "20260101T000000000000.abcd1234"


@pytest.fixture
def root(workspace):
    return workspace.store.root


@pytest.fixture
def linked(root, add, tmp_path):
    """An entry with two runs and the files of an attempt, whose folder is a link to one elsewhere."""
    entry = add(runs=2)
    entry.work(2).checkpoints.save(1, b"state")
    entry.path.rename(tmp_path / "elsewhere")
    entry.path.symlink_to(tmp_path / "elsewhere")
    return entry


def put(root, name):
    item = root / ".trash" / name
    item.mkdir(parents=True)
    (item / "file").write_text("x")
    return item


@pytest.mark.parametrize(
    "place",
    ["{}@..@..@victim", "..@victim", "{}@@victim", "{}@.@victim", "victim", "@victim", "{}/../x".replace("/", "@")],
)
def test_a_name_that_leads_out_of_the_cache_is_no_item_and_stays(place, root, add):
    odd = put(root, f"{STAMP}.{place.format(add().fingerprint)}")
    assert trash.items(root) == []
    assert trash.strangers(root) == [odd]


@pytest.mark.parametrize("stamp", ["99999999T999999999999.ab", "20260101.ab", "x"])
def test_a_name_without_a_time_is_no_item(stamp, root, add):
    odd = put(root, f"{stamp}.{add().fingerprint}")
    assert (trash.items(root), trash.strangers(root)) == ([], [odd])


def test_an_odd_name_hides_nothing_else(root, add, capsys):
    entry = add()
    [removal] = [move_to_trash(root, target) for target in removable(root, [entry.fingerprint])]
    odd = put(root, f"{STAMP}.{entry.fingerprint}@..@x")
    other = put(root, f"{STAMP}.{entry.fingerprint}@Runs@x")
    for words in (["rm", "--restore"], ["rm", "--forget"], ["doctor"]):
        assert main([*words, "--cache", str(root)]) == 0
    shown = capsys.readouterr()
    assert shown.err.count(f"note: {odd} is no item of the trash") == 2
    assert f"    {other} -> {entry.path}/Runs/x" in shown.out
    assert f"    {removal.items[0].path} -> {entry.path}" in shown.out
    assert main(["rm", "--restore", entry.fingerprint, "--apply", "--cache", str(root)]) == 0
    assert entry.exists
    assert odd.exists()


def test_a_place_that_the_trash_could_not_name_is_not_moved(root, add):
    entry = add()
    (entry.path / "odd@name").write_text("x")
    with pytest.raises(CacheError, match="cannot be kept in the trash"):
        trash.move(root, f"{entry.fingerprint}/odd@name")


def test_a_run_of_a_linked_entry_stays_and_so_does_its_summary(root, linked, snapshot, tmp_path):
    before = snapshot(tmp_path / "elsewhere")
    for index in (1, 2):  # a finished run, and an attempt at one
        [target] = removable(root, [linked.fingerprint], [index])
        assert not target.is_movable
        assert f"is a link to {tmp_path / 'elsewhere'}" in move_to_trash(root, target).refusal
    assert snapshot(tmp_path / "elsewhere") == before


def test_the_preview_and_the_command_say_why_a_linked_run_stays(root, linked, capsys):
    words = ["rm", linked.fingerprint, "--run", "1", "--cache", str(root)]
    assert main(words) == 0
    preview = capsys.readouterr().out
    assert "stays: " in preview
    assert "nothing would be removed" in preview
    assert main([*words, "--apply"]) == 1
    assert "is a link to" in capsys.readouterr().err


def test_removing_a_linked_entry_takes_the_link_alone(root, linked, snapshot, tmp_path):
    before = snapshot(tmp_path / "elsewhere")
    [removal] = [move_to_trash(root, target) for target in removable(root, [linked.fingerprint])]
    assert not os.path.lexists(linked.path)
    trash.forget(removal.items[0])
    assert snapshot(tmp_path / "elsewhere") == before


def test_pruning_takes_nothing_out_of_a_linked_entry(root, linked, snapshot, tmp_path):
    (tmp_path / "elsewhere/Work/001").mkdir()
    before = snapshot(tmp_path / "elsewhere")
    targets = prunable(root, [linked.fingerprint], Criteria(is_orphan=True))
    assert targets
    assert all(move_to_trash(root, target).refusal for target in targets)
    assert snapshot(tmp_path / "elsewhere") == before
    assert (tmp_path / "elsewhere/Work/001").is_dir()


def test_nothing_is_restored_into_a_linked_entry(root, add, tmp_path):
    entry = add(runs=2)
    [removal] = [move_to_trash(root, target) for target in removable(root, [entry.fingerprint], [1])]
    entry.path.rename(tmp_path / "elsewhere")
    entry.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CacheError, match="is a link to"):
        put_back(root, removal.items[0])
    assert not (tmp_path / "elsewhere/Runs/001").exists()


def test_a_linked_trash_is_neither_filled_nor_emptied(root, add, tmp_path, capsys):
    entry = add()
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / f"{STAMP}.{entry.fingerprint}").mkdir()
    (root / ".trash").symlink_to(tmp_path / "precious")
    [removal] = [move_to_trash(root, target) for target in removable(root, [entry.fingerprint])]
    assert "is a link to" in removal.refusal
    for call in (trash.items, trash.strangers, trash.forget_rest):
        with pytest.raises(CacheError, match="is a link to"):
            call(root)
    assert len(list((tmp_path / "precious").iterdir())) == 1


def test_a_linked_entry_is_read_and_not_written(root, linked, snapshot, tmp_path):
    before = snapshot(tmp_path / "elsewhere")
    assert linked.result().n == 2
    for write in (lambda: linked.take(2), lambda: linked.record({"Place": "/x"})):
        with pytest.raises(CacheError, match=r"is a link to .* into which nothing is written"):
            write()
    linked.work(2).clear()
    linked.work(2).remove_abandoned()
    assert snapshot(tmp_path / "elsewhere") == before


def test_no_entry_is_begun_behind_a_link(root, workspace, tmp_path):
    config = workspace.resolver.resolve({"Model": "Net", "Seed": 9})
    (tmp_path / "precious").mkdir()
    workspace.store.entry(config).path.symlink_to(tmp_path / "precious")
    with pytest.raises(CacheError, match="into which nothing is written"):
        workspace.store.entry(config).open(config)
    assert list((tmp_path / "precious").iterdir()) == []


@pytest.mark.parametrize("name", ["Work", "Work/002", "Claims", "Runs"])
def test_no_run_is_made_behind_a_link(name, root, add, tmp_path, snapshot):
    entry = add(runs=0)
    (tmp_path / "precious/002").mkdir(parents=True)
    (tmp_path / "precious/002/file").write_text("x")
    before = snapshot(tmp_path / "precious")
    (entry.path / name).parent.mkdir(exist_ok=True)
    (entry.path / name).symlink_to(tmp_path / "precious")
    with pytest.raises(CacheError, match="into which nothing is written"):
        entry.take(2)
    entry.work(2).clear()
    assert snapshot(tmp_path / "precious") == before
