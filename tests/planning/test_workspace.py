"""What words select is found, also where what it was made from has left the cache."""

import json
import os
import shutil

import pytest

from Arch.config.foreign import ForeignNetwork
from Arch.errors import ChangedDefaultError, ConfigError, DiskError
from Arch.files import door
from Arch.planning.workspace import Workspace, config_files
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


def test_a_student_is_found_when_its_teacher_has_left_the_cache(workspace):
    student = workspace.resolver.resolve(STUDENT)
    teacher = student.references["Teacher"]
    shutil.rmtree(workspace.store.root / teacher.fingerprint)
    for words in ([], [student.fingerprint[:8]], [f"Teacher={teacher.fingerprint}"]):
        assert [entry.fingerprint for entry in workspace.entries(words)[0]] == [student.fingerprint]
    [(found, _)] = workspace.configs([])
    assert isinstance(found.references["Teacher"], ForeignNetwork)


def test_a_changed_default_is_said_with_its_ways_out_though_the_teacher_changed_too(workspace):
    rules = (ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text()
    (workspace.store.root / "BaselineConfig.cjson").write_text(rules.replace('"PctStart": 0.3', '"PctStart": 0.4'))
    student = workspace.resolver.resolve(STUDENT).fingerprint
    with pytest.raises(ChangedDefaultError, match="two ways out"):
        list(Workspace.at(workspace.store.root).entries([student]))


def test_a_config_needs_no_ending(workspace, tmp_path):
    path = tmp_path / "a config"
    path.write_text(json.dumps(TEACHER))
    [(config, label)] = workspace.configs([str(path)])
    assert (config.fingerprint, label) == (workspace.resolver.resolve(TEACHER).fingerprint, str(path))


def test_a_folder_may_be_given_as_text(tmp_path):
    assert Workspace.at(str(tmp_path), str(tmp_path / "data")).store == Workspace.at(tmp_path).store


def test_a_cache_that_cannot_be_looked_into_is_refused(tmp_path, monkeypatch):
    def refuse(verb, path, function, *arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(door, "_step", refuse)
    with pytest.raises(DiskError, match="permission denied"):
        Workspace.at(tmp_path)


def test_what_a_cache_keeps_and_what_is_hidden_are_no_configs(tmp_path):
    for name in ("a.json", "below/b.json", f"{'f' * 32}/Config.json", ".trash/x/Config.json", ".rehash/applied.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert config_files(tmp_path) == [tmp_path / "a.json", tmp_path / "below/b.json"]


def test_a_folder_below_that_cannot_be_read_hides_no_configs(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    (tmp_path / "a.json").write_text("{}")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ConfigError, match=r"/locked: the folder cannot be read: Permission denied\."):
        config_files(tmp_path)
