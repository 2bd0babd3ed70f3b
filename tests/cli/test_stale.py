"""A run that another version of a component made stays valid, and one line reports the version."""

import json

import pytest

from Arch.cli.main import main
from Arch.planning.workspace import Workspace
from Arch.types import Run


@pytest.fixture
def cached(tmp_path):
    """Caches a config with one run that was made by the given versions of its components."""

    def make(name, seed, keys=None, **versions):
        path = tmp_path / name
        path.write_text(json.dumps({"Dataset": "Synthetic", "Model": "MLP", "Seed": seed, **(keys or {})}))
        workspace = Workspace.at(tmp_path / "cache")
        config = workspace.resolver.load(path)
        entry = workspace.store.entry(config)
        entry.open(config)
        with entry.write_run(0) as writer:
            made_by = {key: each for key, each in {**config.versions, **versions}.items() if each is not None}
            writer.commit(Run(0, seed, (), {"accuracy": 0.5}, 1.0, {"versions": made_by}))
        return str(path)

    return make


def answer(tmp_path, capsys, *words):
    assert main([*words, "--cache", str(tmp_path / "cache")]) == 0
    return capsys.readouterr()


def test_a_stale_run_is_valid_and_one_line_reports_what_changed(cached, tmp_path, capsys):
    files = cached("a.json", 0, Model=0), cached("b.json", 1, Dataset=0)
    output = answer(tmp_path, capsys, "-c", *files)
    assert "50.0 % (n=1)" in output.out
    assert output.err.count("\n") == 1
    assert "MLP on Synthetic (and 1 more): made before a change of Dataset, Model, and still valid" in output.err


def test_a_run_of_the_present_versions_has_no_note(cached, tmp_path, capsys):
    assert answer(tmp_path, capsys, "-c", cached("a.json", 0)).err == ""


def test_a_sweep_prints_the_note_unless_it_is_quiet(cached, tmp_path, capsys):
    cached("a.json", 0, Model=0)
    assert "a change of Model" in answer(tmp_path, capsys, "-e", str(tmp_path)).err
    assert answer(tmp_path, capsys, "-e", str(tmp_path), "--quiet").err == ""


def test_a_run_from_before_published_constants_is_stale_with_its_file_and_without(cached, tmp_path, capsys):
    distilled = {"VanillaKD": True, "Teacher": "torchvision/resnet18@IMAGENET1K_V1"}
    path = cached("a.json", 0, distilled, **{"Teacher.normalization": None})
    assert "a change of Teacher.normalization, and still valid" in answer(tmp_path, capsys, "-c", path).err
    assert "made before a change of Teacher.normalization (version 1 then)" in answer(tmp_path, capsys, "status").out


def test_a_run_under_the_constants_of_the_dataset_is_not_stale(cached, tmp_path, capsys):
    distilled = {"VanillaKD": True, "Teacher": "torchvision/resnet18@IMAGENET1K_V1", "TeacherNormalization": "Dataset"}
    assert answer(tmp_path, capsys, "-c", cached("a.json", 0, distilled)).err == ""
