"""An empty path, as an unset shell variable gives it, is an error: it would be the working directory."""

import pytest

from Arch.cli import plotfigs
from Arch.cli.main import main
from Arch.errors import ConfigError
from Arch.experiment import run
from Arch.planning.workspace import Workspace

COMMANDS = [
    ["-c", "a.json", "--cache", ""],
    ["-c", "a.json", "--data", ""],
    ["-c", ""],
    ["-e", ""],
    ["status", "--cache="],
    ["names", "keys", "--plugin", ""],
    ["names", "keys", "-c", ""],
    ["export", "--to", ""],
    ["evaluate", "3f9a", "--to", ""],
    ["grid", "", "Seed=0,1", "--to", "folder"],
    ["grid", "a.json", "Seed=0,1", "--to", ""],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_empty_path_is_one_error_and_writes_nothing(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(words)
    told = capsys.readouterr()
    assert (end.value.code, told.out) == (2, "")
    assert "expected a path, got an empty text: is a shell variable unset?" in told.err
    assert told.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--out", ""], ["--cache", ""], ["--plugin", ""]], ids=" ".join)
def test_figures_refuse_it_too(words, capsys):
    with pytest.raises(SystemExit, match="2"):
        plotfigs.main(words)
    assert f"argument {words[0]}: expected a path" in capsys.readouterr().err


def test_an_override_by_an_empty_path_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"Dataset": "Synthetic", "Model": "MLP"}')
    with pytest.raises(ConfigError, match="--set DataPath=: expected a path, got an empty text"):
        main(["plan", str(tmp_path / "a.json"), "--set", "DataPath=", "--cache", str(tmp_path / "cache")])


@pytest.mark.parametrize("where", [{"cache": ""}, {"data": ""}])
def test_the_python_interface_refuses_an_empty_folder(where):
    with pytest.raises(ConfigError, match="got an empty text"):
        run({"Dataset": "Synthetic", "Model": "MLP"}, **where)
    with pytest.raises(ConfigError, match="got an empty text"):
        Workspace.at(**where)
