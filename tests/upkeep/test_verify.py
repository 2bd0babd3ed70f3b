"""Verification finds every change since a run was written, and writes nothing."""

import json

import pytest

from Arch.cache.entry import Entry
from Arch.upkeep.verify import verify


def flip(path, place=0):
    """Flips one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_undamaged_runs_have_no_fault_and_every_byte_is_counted(add):
    entry = add(runs=2)
    sizes = [path.stat().st_size for path in entry.path.glob("Runs/*/*") if path.name != "manifest.json"]
    found = verify(entry)
    assert (found.runs, found.size, found.faults) == (2, sum(sizes), ())


@pytest.mark.parametrize("name", ["Last.safetensors", "Run.json"])
def test_any_flipped_bit_of_a_run_is_found(name, add):
    entry = add(runs=2)
    path = entry.path / "Runs/001" / name
    for place in range(path.stat().st_size):
        flip(path, place)
        faults = verify(entry).faults
        assert faults[0].path == str(path)
        assert {fault.run for fault in faults} <= {1, None}
        flip(path, place)
    assert verify(entry).faults == ()


def test_a_flipped_bit_is_reported_with_its_file_and_the_remedy(add):
    entry = add()
    path = entry.path / "Runs/000/Last.safetensors"
    flip(path)
    [fault] = verify(entry).faults
    assert fault.message == (
        f"{path} has another content than was written (its SHA-256 differs). Restore it from a copy, or "
        f"`main.py rm {entry.fingerprint[:12]} --run 0 --apply` and repeat the command that made it."
    )


def test_a_flipped_bit_in_a_manifest_is_found(add):
    entry = add()
    path = entry.path / "Runs/000/manifest.json"
    for place in range(path.stat().st_size):
        content = path.read_bytes()
        flip(path, place)
        try:
            is_same = json.loads(path.read_bytes()) == json.loads(content)
        except ValueError:
            is_same = False
        assert bool(verify(entry).faults) != is_same  # a blank may become another blank
        path.write_bytes(content)


@pytest.mark.parametrize("name", ["manifest.json", "Last.safetensors", "Run.json"])
def test_a_missing_file_is_a_fault(name, add):
    entry = add()
    (entry.path / "Runs/000" / name).unlink()
    assert f"{name} is missing. Restore it" in verify(entry).faults[0].message


def test_a_truncated_file_is_distinguished_from_an_altered_one(add):
    entry = add()
    (entry.path / "Runs/000/Last.safetensors").write_bytes(b"weights")
    assert "has 7 bytes, but 12 were written" in verify(entry).faults[0].message


@pytest.mark.parametrize("name", ["notes.txt", "below/more.bin"])
def test_an_unexpected_file_is_a_fault(name, add):
    entry = add()
    path = entry.path / "Runs/000" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    [fault] = verify(entry).faults
    assert fault.message.startswith(f"{path} was not there when the run was committed. Move it away")


def test_a_folder_that_is_no_run_is_a_fault(add):
    entry = add()
    (entry.path / "Runs/copy of 000").mkdir()
    [fault] = verify(entry).faults
    assert fault.message == f"{entry.path}/Runs/copy of 000 is no run. Move it elsewhere."


@pytest.mark.parametrize("name", ["../../../victim", "/etc/passwd", "..", "a//b", "./Run.json", "a\0b"])
def test_a_manifest_that_leads_out_of_its_run_is_damaged_and_nothing_outside_is_read(name, add, disk):
    entry = add()
    path = entry.path / "Runs/000/manifest.json"
    edit(path, lambda document: document["Files"].update({name: {"Size": 1, "Sha256": "0" * 64}}))
    disk.forget()
    [fault] = verify(entry).faults
    assert fault.path == str(path)
    assert "which is outside of the run and is not read" in fault.message
    assert not any("victim" in str(step) or "passwd" in str(step) for step in disk.steps)


def test_a_linked_folder_in_a_run_is_a_stray_file_and_is_not_entered(add, tmp_path):
    entry = add()
    (entry.path / "Runs/000/loop").symlink_to(entry.path)
    [fault] = verify(entry).faults
    assert (fault.path, fault.kind) == (f"{entry.path}/Runs/000/loop", "stray")


def test_a_run_in_the_folder_of_another_is_a_fault(add):
    entry = add()
    (entry.path / "Runs/000").rename(entry.path / "Runs/004")
    assert any("Run.json records run 0" in fault.message for fault in verify(entry).faults)


def test_an_entry_under_another_fingerprint_is_a_fault(add):
    entry = add()
    other = entry.path.with_name("0" * 32)
    entry.path.rename(other)
    [fault] = verify(Entry(other)).faults
    assert f"belongs to experiment {entry.fingerprint}" in fault.message


def test_runs_without_a_config_are_a_fault(add):
    entry = add()
    (entry.path / "Config.json").unlink()
    [fault] = verify(entry).faults
    assert "Config.json is missing, so it is unknown of which experiment" in fault.message


def test_an_entry_without_runs_has_no_fault(workspace):
    path = workspace.store.root / ("1" * 32)
    path.mkdir()
    assert verify(Entry(path)).faults == ()


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["Runs"]["0"]["Scores"].update(accuracy=0.75),
        lambda document: document["Runs"]["0"].update(Seconds=1.0),
        lambda document: document["Runs"]["0"]["Provenance"].update(device="cuda"),
        lambda document: document["Active"].update(Seed=5),
    ],
)
def test_a_wrong_summary_that_would_be_used_is_a_fault(change, add):
    entry = add()
    edit(entry.path / "Result.json", change)
    [fault] = verify(entry).faults
    assert fault.message == (
        f"{entry.path}/Result.json differs from the runs. Delete this file: it is derived from the runs again."
    )


def test_a_damaged_summary_is_a_fault_and_an_outdated_one_is_not(add):
    entry = add(runs=2)
    edit(entry.path / "Result.json", lambda document: document["Runs"].pop("1"))
    assert verify(entry).faults == ()
    (entry.path / "Result.json").write_text("{")
    assert ["is damaged" in fault.message for fault in verify(entry).faults] == [True]


def test_verifying_writes_nothing(add, disk):
    entry = add(runs=2)
    disk.forget()
    verify(entry)
    assert disk.writes == []
    assert disk.steps
