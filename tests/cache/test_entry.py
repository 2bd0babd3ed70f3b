"""Reads an entry: its files, what is derived from them, and the errors for damaged files."""

import json
import math
import shutil
import sys

import pytest

from Arch.cache.attempts.attempt import State
from Arch.cache.entry import Entry
from Arch.errors import CacheError, CorruptEntryError

TORN = [b"", b"{", b"[]", b'{"Fingerprint": ', b"\xff\xfe\x00", b'{"Fingerprint": NaN}', b"{}", b"[" * 100_000]


def test_a_config_is_stored_as_requested(entry, config):
    assert entry.document() == config.document()
    assert json.loads((entry.path / "Config.json").read_text()) == config.document()


def test_opening_again_changes_nothing(entry, config, disk):
    entry.open(config)
    assert disk.writes == []


def test_a_run_is_read_as_it_was_committed(entry, commit, make_run):
    commit(entry, 3, 0.625)
    assert entry.run(3) == make_run(3, 0.625)
    assert entry.runs() == (make_run(3, 0.625),)


def test_only_canonical_numbers_are_run_folders(entry, commit):
    for index in (1000, 2, 0):
        commit(entry, index)
    for name in ("7", "0004", "001.bak", ".nfs01"):
        (entry.path / "Runs" / name).mkdir()
    assert entry.run_indices() == (0, 2, 1000)


def test_a_result_has_the_scores_of_every_run_and_their_statistics(entry, commit, config):
    commit(entry, 0, 0.5)
    commit(entry, 1, 0.75)
    result = entry.result()
    assert (result.fingerprint, result.active, result.path) == (config.fingerprint, config.active, entry.path)
    assert result.scores == {0: {"accuracy": 0.5}, 1: {"accuracy": 0.75}}
    assert result.seconds == {0: 3.5, 1: 3.5}
    assert result.provenance[1] == {"device": "cpu"}  # other provenance stays in the run's own file
    statistic = result.statistic("accuracy")
    # By hand: mean (0.5 + 0.75) / 2; squared deviations 2 * 0.125^2 over n - 1 = 1.
    assert (statistic.mean, statistic.std, statistic.n) == (0.625, pytest.approx(math.sqrt(2 * 0.125**2)), 2)


def test_an_entry_without_runs_has_an_empty_result(entry, config):
    assert (entry.result().n, entry.result().active) == (0, config.active)


def test_a_result_reads_one_listing_each_manifest_and_the_summary(entry, commit, disk):
    commit(entry, 0)
    commit(entry, 1)
    disk.forget()
    entry.result()
    assert [path.removeprefix(str(entry.path)) for _, path, _ in disk.steps] == [
        "/Runs",
        "/Result.json",
        "/Runs/000/manifest.json",
        "/Runs/001/manifest.json",
    ]


@pytest.mark.parametrize("content", TORN, ids=repr)
def test_a_damaged_summary_is_derived_from_the_runs_without_writing(entry, commit, disk, content):
    commit(entry)
    before = entry.result()
    (entry.path / "Result.json").write_bytes(content)
    disk.forget()
    assert entry.result() == before
    assert disk.writes == []
    assert (entry.path / "Result.json").read_bytes() == content


@pytest.mark.parametrize("damage", ["missing", "other runs", "other experiment", "no numbers"])
def test_a_summary_of_something_else_is_not_used(entry, commit, damage):
    commit(entry, 0, 0.5)
    summary = entry.path / "Result.json"
    document = json.loads(summary.read_text())
    if damage == "missing":
        summary.unlink()
    elif damage == "other runs":
        commit(entry, 1, 0.75)
        shutil.rmtree(entry.path / "Runs" / "001")
    elif damage == "other experiment":
        summary.write_text(json.dumps({**document, "Fingerprint": "f" * 32, "Active": {}}))
    else:
        document["Runs"]["0"]["Scores"] = {"accuracy": "0.9"}
        summary.write_text(json.dumps(document))
    assert entry.result().scores == {0: {"accuracy": 0.5}}
    assert entry.result().active["Model"] == "resnet8"


@pytest.mark.parametrize("content", TORN, ids=repr)
def test_a_damaged_config_is_one_clear_error(entry, config, content):
    (entry.path / "Config.json").write_bytes(content)
    for read in (entry.document, entry.result, lambda: entry.check(config), lambda: entry.open(config)):
        with pytest.raises(
            CorruptEntryError, match=rf"{entry.path}/Config\.json is damaged or was edited.*`main\.py rm --corrupt`"
        ):
            read()


@pytest.mark.parametrize("content", TORN, ids=repr)
def test_a_damaged_run_is_one_clear_error_and_leaves_the_summary_readable(entry, commit, content):
    commit(entry)
    (entry.path / "Runs" / "000" / "Run.json").write_bytes(content)
    with pytest.raises(
        CorruptEntryError, match=r"Runs/000/Run\.json is damaged or was edited.*`main\.py rm --corrupt`"
    ):
        entry.run(0)
    assert entry.result().n == 1
    (entry.path / "Result.json").unlink()
    with pytest.raises(CorruptEntryError, match=r"Runs/000/Run\.json"):
        entry.result()


def test_a_folder_under_another_name_is_refused(entry, store):
    other = Entry(entry.path.rename(store.root / ("f" * 32)))
    with pytest.raises(CorruptEntryError, match=f"belongs to experiment {entry.fingerprint}.*named {'f' * 32}"):
        other.document()


def test_a_run_without_its_manifest_is_corrupt_and_named(entry, commit):
    commit(entry)
    (entry.path / "Runs" / "000" / "manifest.json").unlink()
    for read in (entry.run_indices, entry.result, entry.runs, lambda: entry.run(0), lambda: entry.weights(0, "Last")):
        with pytest.raises(
            CorruptEntryError, match=r"Runs/000/manifest\.json is missing.*`main\.py rm [0-9a-f]{12} --run 0 --apply`"
        ):
            read()


def test_a_run_file_of_another_run_is_corrupt(entry, commit):
    commit(entry, 1)
    (entry.path / "Runs" / "001").rename(entry.path / "Runs" / "000")
    with pytest.raises(CorruptEntryError, match=r"Runs/000/Run\.json is the record of run 1"):
        entry.run(0)


def test_a_changed_digit_of_a_run_never_enters_a_mean(entry, commit):
    commit(entry, accuracy=0.25)
    path = entry.run_folder(0) / "Run.json"
    path.write_text(path.read_text().replace("0.25", "0.95"))
    commit(entry, 1)
    for read in (entry.result, entry.runs):
        with pytest.raises(CorruptEntryError, match=r"Run\.json does not have the SHA-256 that its manifest has"):
            read()


def test_runs_without_a_config_are_listed_as_damaged(entry, store, commit, config):
    commit(entry)
    (entry.path / "Config.json").unlink()
    assert [each.fingerprint for each in store.entries()] == [entry.fingerprint]
    for request in (config, None):
        status = entry.status(1, request)
        assert status.state is State.CORRUPT
        assert "Config.json is missing, and there are finished runs beside it" in str(status.problem)


def test_runs_without_a_config_are_not_adopted(entry, commit, config):
    commit(entry)
    (entry.path / "Config.json").unlink()
    with pytest.raises(CorruptEntryError, match=r"has runs but no Config\.json"):
        entry.open(config)


def test_a_damaged_run_does_not_prevent_the_next_commit(entry, commit, caplog):
    commit(entry, 0)
    (entry.path / "Runs" / "000" / "Run.json").write_bytes(b"")
    assert commit(entry, 1)
    assert "Run.json" in caplog.text
    assert entry.run_indices() == (0, 1)


def test_reading_an_absent_entry_is_an_error_that_names_it(store, config):
    entry = store.entry(config)
    assert (entry.exists, entry.run_indices()) == (False, ())
    for read in (entry.document, entry.result, lambda: entry.check(config)):
        with pytest.raises(CacheError, match=f"nothing is cached in {entry.path}"):
            read()


def test_weights_are_found_by_run_and_kind(entry, commit):
    commit(entry, 1)
    assert entry.weights(1, "Last").read_bytes() == b"weights of 1"


@pytest.mark.parametrize(
    ("run", "which", "message"),
    [(0, "Best", "run 0 in .* has no Best weights.*Validation"), (4, "Last", "no run 4 in .*Runs there: 0")],
)
def test_absent_weights_are_refused_with_those_that_exist(entry, commit, run, which, message):
    commit(entry)
    with pytest.raises(CacheError, match=message):
        entry.weights(run, which)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"short")])
def test_weights_of_another_size_than_written_are_refused(entry, commit, damage):
    commit(entry)
    damage(entry.path / "Runs" / "000" / "Last.safetensors")
    with pytest.raises(CorruptEntryError, match=r"Last\.safetensors does not have the 12 bytes that were written"):
        entry.weights(0, "Last")


def test_reading_opens_nothing_for_writing(store, entry, config, commit, disk, in_child):
    commit(entry, 0)
    disk.forget()

    def read_all():
        written = []
        changes = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.truncate", "os.utime", "os.chmod"}

        def audit(event, arguments):
            flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
            if event in changes or flags & 0o3:  # O_WRONLY or O_RDWR
                written.append((event, arguments))

        sys.addaudithook(audit)
        entry.check(config)
        entry.open(config)
        entry.result(), entry.runs(), entry.weights(0, "Last"), entry.status(2, config)
        list(store.entries()), store.find(config.fingerprint[:4]), store.snapshot().status(config, 2)
        (entry.path / "Result.json").exists() and entry.result()
        return len(written) + len(disk.writes)

    assert in_child(read_all) == [0]


@pytest.mark.parametrize("part", ["Active", "Defaults", "References"])
def test_a_config_without_one_of_its_parts_is_corrupt(part, entry, config):
    document = {name: value for name, value in config.document().items() if name != part}
    (entry.path / "Config.json").write_text(json.dumps(document))
    with pytest.raises(CorruptEntryError, match=f"expected {part} to be an object, found nothing"):
        entry.document()
