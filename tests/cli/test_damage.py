"""A damaged entry hides no other entry, and sets the exit code."""

import json

import pytest

from Arch.cli.main import main
from Arch.planning.workspace import Workspace
from tests.cached_runs import cache_a_run


@pytest.fixture
def folder(tmp_path):
    """A folder with three cached configs, of which the second one has a truncated manifest."""
    workspace = Workspace.at(tmp_path / "cache")
    for seed in range(3):
        path = tmp_path / f"{seed}.json"
        path.write_text(json.dumps({"Dataset": "Synthetic", "Model": "MLP", "Seed": seed}))
        entry = cache_a_run(workspace, path)
        if seed == 1:
            (entry.path / "Runs/000/manifest.json").write_text('{"Fil')
    return tmp_path


@pytest.mark.parametrize("words", [["show"], ["-e", "."], ["-c", "0.json", "1.json", "2.json"], ["retry", "."]])
def test_a_damaged_run_is_left_out_and_the_others_are_shown(words, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main([*words, "--cache", "cache"]) == 1
    output = capsys.readouterr()
    assert output.out.count("50.0 % (n=1)") == 2
    assert ("left out" in output.err) == (words[0] in ("show", "retry"))
    assert "manifest.json is damaged or was edited" in output.err


def test_nothing_to_retry_still_prints_json(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["retry", "0.json", "--json", "--cache", "cache"]) == 0
    assert [row["Active"]["Seed"] for row in json.loads(capsys.readouterr().out)] == [0]
