"""A changed default of the rules: a line for each experiment, and both ways out once in each command."""

import json

import pytest

from Arch.cli.main import main
from Arch.planning.workspace import Workspace
from tests.cached_runs import cache_a_run
from tests.repository import ROOT

REMEDY = "`main.py rehash --pin-old --apply`"


@pytest.fixture
def changed(tmp_path):
    """The words that name a cache of three experiments under rules one of whose defaults is another now."""
    (tmp_path / "configs").mkdir()
    workspace = Workspace.at(tmp_path / "cache")
    for seed in range(3):
        path = tmp_path / f"configs/{seed}.json"
        path.write_text(json.dumps({"Dataset": "Synthetic", "Model": "MLP", "Seed": seed}))
        cache_a_run(workspace, path)
    rules = (ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text()
    (tmp_path / "cache/BaselineConfig.cjson").write_text(rules.replace('"PctStart": 0.3', '"PctStart": 0.4'))
    return tmp_path / "configs", ["--cache", str(tmp_path / "cache")]


def told(capsys):
    out, err = capsys.readouterr()
    return (out + err).splitlines()


@pytest.mark.parametrize(
    "verb", [["status"], ["status", "CONFIGS"], ["plan", "CONFIGS"], ["-c", "FILES"], ["-e", "CONFIGS"]]
)
def test_each_command_tells_the_remedy_once(verb, changed, capsys):
    configs, cache = changed
    words = [str(configs) if word == "CONFIGS" else word for word in verb]
    if verb[-1] == "FILES":
        words = ["-c", *map(str, sorted(configs.iterdir()))]
    main([*words, *cache])
    lines = told(capsys)
    assert sum("PctStart was 0.3 there and is 0.4 now" in line for line in lines) in (3, 6)  # a sweep lists them twice
    assert [line for line in lines if REMEDY in line] == [line for line in lines if "two ways out" in line]
    assert sum("3 experiments were made under another default" in line for line in lines) == 1


def test_what_cannot_be_shown_is_a_line_each(changed, capsys):
    _, cache = changed
    with pytest.raises(Exception, match="no finished run"):
        main(["show", *cache])
    lines = told(capsys)
    assert [line.startswith("error: left out: ") for line in lines] == [True, True, True, False]
    assert lines[-1].startswith("3 experiments were made under another default. There are two ways out: ")


def test_the_remedy_of_one_experiment_is_not_cut_off(changed, capsys):
    configs, cache = changed
    main(["status", str(configs / "0.json"), *cache])
    text = " ".join(told(capsys))
    assert "1 experiment was made under another default" in text
    assert "`main.py rm FINGERPRINT --apply` makes room to train one afresh under the new default." in text
