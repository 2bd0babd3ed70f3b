"""Words select experiments: in config files, in the cache, and by their values."""

import json
import shutil

import pytest

from Arch.config.foreign import ForeignNetwork
from Arch.errors import ChangedDefaultError, ConfigError, UnknownNameError
from Arch.planning.words import configs, entries_with_runs, read_words
from Arch.planning.workspace import Workspace
from Arch.types import Run
from tests.repository import ROOT

TEACHER = {"Dataset": "Synthetic", "Model": "MLP"}
STUDENT = {**TEACHER, "Seed": 1, "VanillaKD": True, "Teacher": TEACHER}


@pytest.fixture
def workspace(tmp_path):
    """A workspace with a cached student and its cached teacher."""
    workspace = Workspace.at(tmp_path / "cache")
    for raw in (TEACHER, STUDENT):
        config = workspace.resolver.resolve(raw)
        entry = workspace.store.entry(config)
        entry.open(config)
        with entry.write_run(0) as writer:
            writer.commit(Run(index=0, seed=0, epochs=(), scores={"accuracy": 0.5}, seconds=1.0))
    return workspace


def test_a_student_is_found_when_its_teacher_was_removed(workspace):
    student = workspace.resolver.resolve(STUDENT)
    teacher = student.references["Teacher"]
    shutil.rmtree(workspace.store.root / teacher.fingerprint)
    for words in ([], [student.fingerprint[:8]], [f"Teacher={teacher.fingerprint}"]):
        assert [entry.fingerprint for entry in entries_with_runs(workspace, words)[0]] == [student.fingerprint]
    [(found, _)] = configs(workspace, [])
    assert isinstance(found.references["Teacher"], ForeignNetwork)


def test_a_changed_default_is_reported_with_remedies_also_with_a_changed_teacher(workspace):
    rules = (ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text()
    (workspace.store.root / "BaselineConfig.cjson").write_text(rules.replace('"PctStart": 0.3', '"PctStart": 0.4'))
    student = workspace.resolver.resolve(STUDENT).fingerprint
    with pytest.raises(ChangedDefaultError, match="two ways out"):
        entries_with_runs(Workspace.at(workspace.store.root), [student])


def test_a_config_file_needs_no_suffix(workspace, tmp_path):
    path = tmp_path / "a config"
    path.write_text(json.dumps(TEACHER))
    [(config, label)] = configs(workspace, [str(path)])
    assert (config.fingerprint, label) == (workspace.resolver.resolve(TEACHER).fingerprint, str(path))


def test_a_folder_of_the_cache_is_its_experiment_and_not_a_folder_of_configs(workspace):
    teacher = workspace.resolver.resolve(TEACHER).fingerprint
    folder = str(workspace.store.root / teacher)
    assert [config.fingerprint for config, _ in configs(workspace, [folder])] == [teacher]
    assert [entry.fingerprint for entry in entries_with_runs(workspace, [f"{folder}/"])[0]] == [teacher]


def test_conditions_choose_among_the_places_or_in_the_whole_cache(workspace, tmp_path):
    for seed in (1, 5):
        (tmp_path / f"{seed}.json").write_text(json.dumps({**TEACHER, "Seed": seed}))
    paths = [str(tmp_path / "1.json"), str(tmp_path / "5.json")]
    assert [label for _, label in configs(workspace, [*paths, "Seed=5"])] == [paths[1]]
    assert [config["Seed"] for config, _ in configs(workspace, ["Seed=1"])] == [1]


def test_a_file_whose_name_looks_like_a_condition_is_a_file(workspace, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Seed=1").write_text(json.dumps({**TEACHER, "Seed": 9}))
    assert [(config["Seed"], label) for config, label in configs(workspace, ["Seed=1"])] == [(9, "Seed=1")]


def test_words_that_cannot_be_understood_are_refused_before_anything_is_loaded(workspace):
    with pytest.raises(ConfigError, match="got an empty word"):
        read_words(workspace, ["no-such.json", ""])
    with pytest.raises(UnknownNameError, match="no key named 'Modle'"):
        read_words(workspace, ["no-such.json", "Modle=MLP"])


def test_words_print_as_they_were_typed(workspace):
    assert str(read_words(workspace, ["Seed=1", "3f9a", "Model=MLP"])) == "Seed=1 3f9a Model=MLP"
