"""The status of an experiment is derived from its folder, for one and for thousands."""

import pytest

from Arch.cache.attempts.attempt import State
from Arch.errors import ChangedDefaultError, CorruptEntryError, DiskError


def fail(entry, index, message="bad luck"):
    with pytest.raises(ValueError, match=message), entry.take(index) as lease, entry.write_run(index, lease):
        raise ValueError(message)


def test_an_experiment_is_missing_then_partial_then_done(store, config, commit):
    entry = store.entry(config)
    assert str(entry.status(2)) == "missing"
    entry.open(config)
    assert str(entry.status(2)) == "missing"
    commit(entry, 0)
    assert str(entry.status(2)) == "partial (1 of 2)"
    commit(entry, 1)
    assert str(entry.status(2)) == "done"
    assert str(entry.status(1)) == "done"
    assert str(entry.status(5)) == "partial (2 of 5)"


def test_missing_runs_are_those_below_the_requested_number(entry, commit):
    commit(entry, 1)
    commit(entry, 3)
    status = entry.status(3)
    assert (status.runs, status.missing, str(status)) == ((1, 3), (0, 2), "partial (1 of 3)")


def test_the_status_has_the_failure_of_the_latest_attempt(entry, commit):
    commit(entry, 0)
    fail(entry, 1)
    status = entry.status(2)
    assert (str(status), str(status.failure)) == ("failed (1 of 2; ValueError)", "ValueError: bad luck")
    assert str(entry.status(1)) == "done"


def test_a_first_attempt_that_failed_is_failed_not_missing(entry):
    fail(entry, 0)
    assert str(entry.status(1)) == "failed (0 of 1; ValueError)"


def test_the_latest_of_several_failures_is_shown(entry, monkeypatch):
    for index, second in ((0, 30), (1, 50), (2, 40)):
        monkeypatch.setattr("time.gmtime", lambda second=second: (2025, 1, 31, 12, 0, second, 4, 31, 0))
        fail(entry, index, f"attempt {index}")
    failure = entry.status(3).failure
    assert (failure.message, failure.time) == ("attempt 1", "2025-01-31T12:00:50Z")


def test_a_damaged_failure_record_is_still_a_failure(entry):
    fail(entry, 0)
    (entry.path / "Work" / "000" / "Failure.json").write_text('{"Error": ')
    assert str(entry.status(1)) == "failed (0 of 1; CorruptEntryError)"


def test_a_changed_default_is_a_status_and_not_raised(entry, make_config):
    status = entry.status(1, make_config({"Temperature": 3.0}))
    assert str(status) == "changed default"
    assert isinstance(status.problem, ChangedDefaultError)


def test_a_corrupt_entry_is_a_status_and_not_raised(entry, config):
    (entry.path / "Config.json").write_text("{")
    status = entry.status(1, config)
    assert str(status) == "corrupt"
    assert isinstance(status.problem, CorruptEntryError)


def test_a_snapshot_reports_absent_entries_without_reading_the_disk(store, entry, commit, make_config, disk):
    commit(entry)
    snapshot = store.snapshot()
    disk.forget()
    absent = [make_config(fingerprint=f"{number:032x}") for number in range(1000)]
    assert {str(snapshot.status(each, 1)) for each in absent} == {"missing"}
    assert disk.steps == []


def test_a_snapshot_reports_a_present_entry_with_three_reads_and_one_per_run(store, entry, commit, config, disk):
    commit(entry)
    snapshot = store.snapshot()
    disk.forget()
    assert str(snapshot.status(config, 1)) == "done"
    assert [path.removeprefix(str(entry.path)) for _, path, _ in disk.steps] == [
        "/Config.json",
        "/Runs",
        "/Result.json",
        "/Runs/000/manifest.json",
    ]


def test_an_entry_moved_away_after_the_snapshot_is_missing(store, entry, config, tmp_path):
    snapshot = store.snapshot()
    entry.path.rename(tmp_path / "away")
    assert str(snapshot.status(config, 1)) == "missing"


def test_an_unreadable_entry_is_a_status_and_not_raised(store, entry, config, commit):
    commit(entry, 0)
    (entry.path / "Claims" / "001" / "000001.json").mkdir(parents=True)
    for status in (entry.status(2), store.snapshot().status(config, 2)):
        assert status.state is State.CORRUPT
        assert isinstance(status.problem, DiskError)
        assert "000001.json" in str(status.problem)
