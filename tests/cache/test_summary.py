"""The summary is used only if it is of the present runs; versions are those of the runs."""

import json
import shutil

import pytest

from Arch.cache import summary
from Arch.cache.attempts.attempt import State
from Arch.cache.entry import Entry


@pytest.fixture
def commit_versions(entry, make_run):
    """Commits a run whose components had these versions."""

    def commit(index, **versions):
        with entry.write_run(index) as writer:
            provenance = {"device": "cpu", "command": "main.py", "versions": versions}
            writer.commit(make_run(index, provenance=provenance if versions else {"device": "cpu"}))

    return commit


def test_a_summary_of_another_run_with_the_same_index_is_not_used(entry, store, make_config, commit):
    other = store.entry(make_config(fingerprint="f" * 32))
    other.open(make_config(fingerprint="f" * 32))
    commit(entry, 0, 0.5)
    commit(other, 0, 0.75)
    shutil.rmtree(entry.path / "Runs" / "000")
    shutil.copytree(other.path / "Runs" / "000", entry.path / "Runs" / "000")
    assert entry.result().scores == {0: {"accuracy": 0.75}}


def test_a_copied_entry_keeps_its_summary(entry, commit, tmp_path, disk):
    commit(entry)
    copy = Entry(shutil.copytree(entry.path, tmp_path / "copy" / entry.fingerprint, copy_function=shutil.copyfile))
    disk.forget()
    assert copy.result().scores == entry.result().scores
    assert not any(path.endswith("Run.json") for _, path, _ in disk.steps)


def test_a_summary_of_an_earlier_version_is_read(entry, commit, disk):
    commit(entry)
    path = entry.path / "Result.json"
    document = json.loads(path.read_text())
    document["Runs"]["0"] = {"Scores": {"accuracy": 0.5}, "Seconds": 3.5, "Provenance": {"device": "cpu", "seeds": {}}}
    path.write_text(json.dumps(document))
    disk.forget()
    assert entry.result().provenance == {0: {"device": "cpu", "seeds": {}}}
    assert not any(path.endswith("Run.json") for _, path, _ in disk.steps)


def test_the_summary_has_only_the_provenance_needed_of_many_runs(entry, commit_versions):
    commit_versions(0, Model=1)
    line = json.loads((entry.path / "Result.json").read_text())["Runs"]["0"]
    assert line["Provenance"] == {"device": "cpu", "versions": {"Model": 1}}


@pytest.mark.parametrize(
    ("made_with", "now", "expected"),
    [
        ({"Model": 1, "Optimizer": 1}, {"Model": 1, "Optimizer": 1}, {}),
        ({"Model": 1, "Optimizer": 1}, {"Model": 2, "Optimizer": 1}, {"Model": 1}),
        ({"Model": 2, "Optimizer": 1}, {"Model": 1, "Optimizer": 3}, {"Model": 2, "Optimizer": 1}),
        ({"Model": 1, "Gone": 4}, {"Model": 1}, {}),
        ({"Model": 1}, {"Model": 1, "New": 2}, {}),
        ({}, {"Model": 2}, {}),
        ({"Model": 1, "net.py": "ab"}, {"Model": 1, "net.py": "cd"}, {"net.py": "ab"}),
        ({"Model": 1, "net.py": "ab"}, {"Model": 1, "other.py": "cd"}, {"net.py": "ab"}),
        ({"Model": 1, "net.py": "ab"}, {"Model": 1, "renamed.py": "ab"}, {}),
        ({"Model": 1, "net.py": "ab"}, {"Model": 1}, {}),
    ],
)
def test_a_run_is_outdated_if_a_component_has_another_version_now(made_with, now, expected):
    assert summary.outdated([{"versions": made_with}, {"device": "cpu"}], now) == expected


@pytest.mark.parametrize("is_summarised", [True, False])
def test_an_entry_is_stale_if_one_of_its_runs_is(entry, make_config, commit_versions, is_summarised):
    commit_versions(0, Model=1)
    commit_versions(1, Model=2)
    if not is_summarised:
        (entry.path / "Result.json").unlink()
    [now, later] = [make_config(versions={"Model": version}) for version in (1, 2)]
    assert entry.status(1, make_config(versions={})).state is State.DONE
    for config, then in ((now, 2), (later, 1)):
        status = entry.status(2, config)
        assert (status.state, status.is_done, status.outdated) == (State.STALE, True, {"Model": then})
    assert entry.status(3, now).state is State.PARTIAL
