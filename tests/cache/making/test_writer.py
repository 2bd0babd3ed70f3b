"""The commit protocol: the order of its writes, and what happens to a run that is not committed."""

import contextlib
import errno
import hashlib
import json
import os

import pytest

from Arch import files
from Arch.cache.attempts.attempt import attempt_at
from Arch.errors import CacheError, DiskError


@contextlib.contextmanager
def in_hand(entry, index):
    with entry.take(index) as lease, entry.write_run(index, lease) as writer:
        yield writer


def fail(*_):
    raise ValueError("bad luck")


def test_a_commit_syncs_every_file_then_the_manifest_then_renames_then_syncs_the_parent(disk, entry, make_run):
    with entry.write_run(0) as writer:
        staging = str(writer.folder)
        files.write_synced(writer.folder / "Last.safetensors", b"weights")
        disk.forget()
        writer.commit(make_run())
    renamed = next(number for number, step in enumerate(disk.writes) if step[2] is os.rename)
    synced = [path.removeprefix(staging) for _, path, function in disk.writes[:renamed] if function is os.fsync]
    last = synced.index("/manifest.json")
    assert {"/Last.safetensors", "/Run.json"} <= set(synced[:last])
    assert synced[last + 1] == ""
    after = [path for _, path, function in disk.writes[renamed:] if function is os.fsync]
    assert after[0] == str(entry.path / "Runs")


def test_a_file_that_the_trainer_did_not_sync_is_synced_by_the_commit(disk, entry, make_run):
    with entry.write_run(0) as writer:
        (writer.folder / "events").mkdir()
        (writer.folder / "events" / "log").write_text("late")
        path, folder = str(writer.folder / "events" / "log"), str(writer.folder / "events")
        writer.commit(make_run())
    synced = {path for verb, path, function in disk.writes if function is os.fsync}
    assert {path, folder} <= synced


def test_the_manifest_has_the_size_and_digest_of_every_other_file(entry, commit):
    commit(entry)
    folder = entry.path / "Runs" / "000"
    listed = json.loads((folder / "manifest.json").read_text())["Files"]
    assert listed == {
        name: {
            "Size": len((folder / name).read_bytes()),
            "Sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
        for name in ("Last.safetensors", "Run.json")
    }


def test_the_first_of_two_writers_wins_and_the_other_discards_its_files(entry, make_run, names_below):
    with entry.write_run(0) as slow, entry.write_run(0) as fast:
        assert fast.commit(make_run(accuracy=0.75))
        assert not slow.commit(make_run(accuracy=0.25))
    assert entry.run(0).scores == {"accuracy": 0.75}
    assert names_below(entry.path) == {"Config.json", "Result.json", "Runs/000/Run.json", "Runs/000/manifest.json"}


def test_an_error_is_recorded_and_raised(entry):
    with pytest.raises(ValueError, match="bad luck"), in_hand(entry, 2):
        fail()
    failure = entry.status(3).failure
    assert (failure.run, failure.error, failure.message) == (2, "ValueError", "bad luck")
    assert "fail()" in failure.traceback
    assert failure.time.endswith("Z")
    assert files.list_folder(entry.path / "Work" / "002") == ["Failure.json"]


def test_an_interrupt_is_no_failure_and_leaves_no_work_files(entry, names_below):
    with pytest.raises(KeyboardInterrupt), in_hand(entry, 0):
        raise KeyboardInterrupt
    assert names_below(entry.path) == {"Config.json", "Claims/000/000001.json"}
    assert attempt_at(entry.work(0)).state == "stopped"


def test_leaving_without_a_commit_discards_the_files(entry, names_below):
    with entry.write_run(0) as writer:
        files.write_synced(writer.folder / "Last.safetensors", b"weights")
    assert names_below(entry.path) == {"Config.json"}


def test_a_commit_removes_an_earlier_failure(entry, commit, names_below):
    with pytest.raises(ValueError, match="bad luck"), in_hand(entry, 0):
        fail()
    commit(entry)
    assert "Work/000/Failure.json" not in names_below(entry.path)
    assert entry.status(1).failure is None


def test_an_error_after_the_commit_is_not_recorded_as_a_failure(entry, make_run):
    with pytest.raises(ValueError, match="bad luck"), in_hand(entry, 0) as writer:
        fail(writer.commit(make_run()))
    assert str(entry.status(1)) == "done"
    assert not (entry.path / "Work").exists()


def test_a_full_disk_hides_neither_the_error_nor_a_committed_run(disk, entry, make_run, caplog):
    with pytest.raises(ValueError, match="bad luck"), in_hand(entry, 0):
        fail(disk.fail_at(1, errno.ENOSPC, forever=True))
    assert "no space left" in caplog.text
    disk.forget()
    with entry.write_run(1) as writer:
        disk.fail_at(1, errno.ENOSPC, of=os.replace)
        assert writer.commit(make_run(1))
    disk.forget()
    assert entry.result().scores == {1: {"accuracy": 0.5}}


def test_a_slow_writer_of_the_summary_includes_a_run_committed_meanwhile(disk, entry, commit):
    def overtake(number, function, arguments):
        if function is os.replace:
            disk.forget()
            commit(entry, 1)

    disk.breaks = overtake
    commit(entry, 0)
    assert set(json.loads((entry.path / "Result.json").read_text())["Runs"]) == {"0", "1"}


def test_a_failure_after_another_process_committed_the_run_is_not_recorded(store, entry, config, commit):
    with pytest.raises(ValueError, match="bad luck"), in_hand(entry, 0):
        fail(commit(entry, 0))
    assert str(entry.status(1)) == "done"


def test_a_number_that_is_not_finite_fails_the_run(entry, make_run):
    with pytest.raises(CacheError, match="run 0, Scores, accuracy is nan"), in_hand(entry, 0) as writer:
        writer.commit(make_run(accuracy=float("nan")))
    assert entry.run_indices() == ()
    assert entry.status(1).failure.error == "CacheError"


def test_a_run_is_committed_under_its_own_index_only(entry, make_run):
    with pytest.raises(CacheError, match="run 1 cannot be committed as run 0"), entry.write_run(0) as writer:
        writer.commit(make_run(1))


def test_a_run_needs_an_opened_entry(store, config, names_below):
    with pytest.raises(CacheError, match="opened"), store.entry(config).write_run(0):
        pass
    assert not store.root.exists()


def test_a_writer_has_no_folder_before_it_is_entered(entry, disk):
    with pytest.raises(CacheError, match="with"):
        _ = entry.write_run(0).folder
    assert disk.writes == []


def test_a_run_on_a_read_only_cache_is_refused_with_its_path_and_a_remedy(disk, entry):
    disk.fail_at(1, errno.EROFS, forever=True)
    with pytest.raises(DiskError, match=rf"cannot write {entry.path}.*read-only.*name another folder"):
        entry.write_run(0).__enter__()
