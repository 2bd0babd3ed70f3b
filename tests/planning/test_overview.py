"""The state of experiments; the oracle of each state is what was done to the entry."""

import json
import shutil

import pytest

from Arch.cache.attempts.attempt import State
from Arch.cache.foreign import open_network
from Arch.files import system_calls
from Arch.planning.overview import overviews
from Arch.planning.workspace import Workspace
from tests.cached_runs import STUDENT, TEACHER
from tests.repository import ROOT


def states(workspace, *words):
    return sorted(each.status.state.value for each in overviews(workspace, words))


def only(workspace, *words):
    [found] = overviews(workspace, words)
    return found


def test_an_empty_cache_has_no_experiments(workspace):
    assert overviews(workspace, []) == []


def test_without_words_every_cached_experiment_is_selected(workspace, commit, opened):
    commit(TEACHER)
    opened(STUDENT)
    assert states(workspace) == ["done", "missing"]


def test_a_folder_of_configs_includes_missing_experiments_and_requested_runs(workspace, commit, tmp_path):
    folder = tmp_path / "configs"
    folder.mkdir()
    commit(TEACHER)
    (folder / "a.json").write_text(json.dumps({**TEACHER, "NumRuns": 3}))
    (folder / "b.json").write_text(json.dumps({**TEACHER, "Seed": 9}))
    (folder / "c.json").write_text(json.dumps(TEACHER))
    found = {each.status.state: each for each in overviews(workspace, [str(folder)])}
    assert found[State.PARTIAL].status.missing == (1, 2)
    assert found[State.PARTIAL].labels == (str(folder / "a.json"), str(folder / "c.json"))
    assert found[State.MISSING].labels == (str(folder / "b.json"),)


def test_dependencies_of_a_config_are_shown_until_it_is_done(workspace, commit, tmp_path):
    path = tmp_path / "student.json"
    path.write_text(json.dumps(STUDENT))
    shown = [(each.status.state, each.is_needed) for each in overviews(workspace, [str(path)])]
    assert shown == [(State.MISSING, True), (State.MISSING, False)]
    commit(STUDENT)
    assert [each.is_needed for each in overviews(workspace, [str(path)])] == [False]


def test_words_select_by_prefix_and_value(workspace, commit):
    teacher, student = commit(TEACHER), commit(STUDENT)
    assert only(workspace, teacher.fingerprint[:8]).entry == teacher
    assert only(workspace, "Seed=1").entry == student
    assert only(workspace, f"Teacher={teacher.fingerprint}").entry == student


def test_runs_with_a_gap_are_partial_without_a_config(workspace, commit):
    commit(TEACHER, 0)
    commit(TEACHER, 2)
    status = only(workspace).status
    assert (status.state, status.runs, status.missing) == (State.PARTIAL, (0, 2), (1,))


@pytest.mark.parametrize(
    ("end", "error", "state"),
    [
        ("", None, State.RUNNING),
        ("stopped", None, State.STOPPED),
        ("crashed", None, State.CRASHED),
        ("failed", ValueError("no"), State.FAILED),
    ],
)
def test_an_attempt_determines_the_state_also_beside_a_finished_run(workspace, commit, attempt, end, error, state):
    commit(TEACHER)
    lease = attempt(TEACHER, 1, end=end, error=error)
    assert only(workspace).status.state is state
    assert [each.run for each in only(workspace).status.attempts] == [1]
    lease.end("stopped")


def test_a_run_of_another_version_is_stale_with_and_without_a_config(workspace, commit, tmp_path):
    entry = commit(TEACHER, versions={"Model": 7, "Trainer": 1})
    (tmp_path / "a.json").write_text(json.dumps(TEACHER))
    for word in ([], [entry.fingerprint], [str(tmp_path / "a.json")]):
        status = only(workspace, *word).status
        assert (status.state, status.outdated) == (State.STALE, {"Model": 7})


@pytest.mark.parametrize(
    ("old", "new"), [('"PctStart": 0.3', '"PctStart": 0.4'), ('"BatchSize": 128', '"BatchSize": 64')]
)
def test_a_changed_default_is_found_without_a_config(workspace, commit, old, new):
    commit(TEACHER)
    commit(STUDENT)
    rules = (ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text()
    assert old in rules
    (workspace.store.root / "BaselineConfig.cjson").write_text(rules.replace(old, new))
    assert states(Workspace.at(workspace.store.root)) == ["changed default", "changed default"]


def test_a_value_that_became_the_default_changes_the_fingerprint(workspace, commit):
    entry = commit({**TEACHER, "Seed": 5})
    rules = (ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text()
    (workspace.store.root / "BaselineConfig.cjson").write_text(rules.replace('"Seed": 0,', '"Seed": 5,', 1))
    [found] = overviews(Workspace.at(workspace.store.root), [entry.fingerprint])
    today = Workspace.at(workspace.store.root).resolver.resolve({**TEACHER, "Seed": 5}).fingerprint
    assert found.status.state is State.CHANGED
    assert f"the current rules name it {today}" in str(found.status.problem)


def test_a_student_is_done_although_its_teacher_was_removed(workspace, commit):
    teacher = commit(TEACHER)
    student = commit(STUDENT)
    shutil.rmtree(teacher.path)
    assert (only(workspace).entry, only(workspace).status.state) == (student, State.DONE)


@pytest.mark.parametrize("damage", ["torn config", "no config", "no manifest"])
def test_a_damaged_entry_is_corrupt_and_hides_no_other(workspace, commit, damage):
    entry = commit(TEACHER)
    commit(STUDENT)
    if damage == "torn config":
        (entry.path / "Config.json").write_text('{"Fingerprint"')
    elif damage == "no config":
        (entry.path / "Config.json").unlink()
    else:
        (entry.path / "Runs" / "000" / "manifest.json").unlink()
    assert states(workspace) == ["corrupt", "done"]


def test_an_overview_writes_nothing(workspace, commit, attempt, monkeypatch):
    commit(TEACHER)
    lease = attempt(STUDENT)
    verbs = []

    def note(verb, path, function, *arguments):
        verbs.append(verb)
        return function(*arguments)

    monkeypatch.setattr(system_calls, "_step", note)
    overviews(workspace, [])
    assert set(verbs) == {"read"}
    monkeypatch.undo()
    lease.end("stopped")


def test_a_foreign_network_without_its_file_is_missing_and_its_students_stay_done(workspace, commit, tmp_path):
    place = tmp_path / "weights.pth"
    place.write_bytes(b"weights")
    student = {**TEACHER, "VanillaKD": True, "Teacher": f"MLP@{place}"}
    commit(student)
    network = workspace.resolver.resolve(student).references["Teacher"]
    open_network(workspace.store.entry(network), network)
    assert states(workspace) == ["done", "done"]
    place.unlink()
    assert states(workspace) == ["done", "missing"]
    assert f"its weights {place} are missing" in str(only(workspace, network.fingerprint).status.problem)
