"""Text of others reaches a terminal only escaped: titles, values, hosts, logs, failures, archives, weights, servers."""

import contextlib
import io
import json
import sys
from pathlib import Path

import pytest

from Arch.cli import plotfigs
from Arch.cli.console.program import guarded
from Arch.cli.main import main
from tests.cached_runs import STUDENT, TEACHER, attempt, commit, opened, workspace  # noqa: F401 - fixtures
from tests.cli.control_characters import EVIL, SHOWN, acting


class Terminal(io.TextIOWrapper):
    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8")

    def isatty(self):
        return True

    @property
    def text(self):
        self.flush()
        return self.buffer.getvalue().decode()


@pytest.fixture
def said(tmp_path, capsys, monkeypatch):
    """Runs a program as its script does, in a folder of its own, and returns its standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHON_COLORS", "0")  # the program sets it

    def said(*words, program=main):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", sys.stdout)
            patch.setattr(sys, "stderr", sys.stderr)
            with contextlib.suppress(SystemExit):
                guarded(program, [*map(str, words), "--cache", "cache", "--data", "data"])
        return capsys.readouterr()

    return said


def edit(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


@pytest.fixture
def foreign(commit, attempt):  # noqa: F811
    """A cache in which everything that another person may have written holds an escape sequence."""
    done = commit(TEACHER)
    edit(done.path / "Config.json", lambda config: config.update(Title="A" + EVIL))
    edit(done.path / "Config.json", lambda config: config["Active"].update(Dataset="D" + EVIL + "\nsecond"))
    (done.path / "Runs/000/log.txt").write_text("line " + EVIL + "\n")
    lease = attempt(STUDENT, end="crashed", error=ValueError("why " + EVIL))
    claim = Path(lease.claim.path)
    edit(claim, lambda claim: claim.update(Host="h" + EVIL, Device="d" + EVIL))
    failed = claim.parents[2]
    edit(failed / "Work/000/Failure.json", lambda failure: failure.update(Host="h" + EVIL, Log="log " + EVIL))
    edit(failed / "Config.json", lambda config: config.update(Title="B" + EVIL + "\nsecond"))
    return done.fingerprint, failed.name


WORDS = [["status"], ["status", "--full"], ["ls"], ["show"], ["show", "--json"], ["rm", "DONE"], ["rm", "FAILED"]]
WORDS += [["tail", "DONE"], ["tail", "DONE", "FAILED"], ["tail", "FAILED", "--json"], ["verify"], ["status", "--json"]]
WORDS += [["plan", "FAILED"], ["explain", "FAILED"], ["diff", "DONE", "FAILED"], ["prune"], ["rehash"], ["doctor"]]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_a_cache_of_others_is_shown_escaped(words, foreign, said):
    done, failed = foreign
    out, err = said(*({"DONE": done[:8], "FAILED": failed[:8]}.get(word, word) for word in words))
    assert acting(out + err) == []
    assert "Traceback" not in err
    assert out + err


@pytest.mark.parametrize(("verb", "lines"), [("ls", 1 + 4 + 1), ("show", 2 + 2), ("status", 1 + 2 + 1)])
def test_a_line_end_in_a_name_breaks_no_table(verb, lines, foreign, commit, said):  # noqa: F811
    for place in ("a", "b"):
        commit({"Dataset": "Arrays", "DataName": f"{place}{EVIL}\nsecond", "DataPath": "a.npz", "Model": "MLP"})
    out, _ = said(verb)
    assert len(out.splitlines()) == lines
    assert SHOWN + r"\nsecond" in out


def test_what_is_moved_restored_and_forgotten_is_named_escaped(foreign, said):
    done, _ = foreign
    for words in (["rm", done[:8], "--apply"], ["rm", "--restore"], ["rm", "--forget", "--apply"]):
        out, err = said(*words)
        assert acting(out + err) == []
        assert out


def test_an_export_into_a_pipe_is_data_and_on_a_terminal_it_is_escaped(foreign, said, monkeypatch):
    assert "A" + EVIL in said("export").out.replace("\r\n", "\n")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    guarded(main, ["export", "--cache", "cache"])
    assert acting(terminal.text) == []
    assert len(terminal.text.splitlines()) == 2
    assert "A" + SHOWN in terminal.text


def test_json_on_a_terminal_stays_json_with_any_character(commit, said):  # noqa: F811
    done = commit(TEACHER)
    edit(done.path / "Config.json", lambda config: config.update(Title="".join(map(chr, range(0xA1)))))
    [row] = json.loads(said("ls", "--json").out)
    assert row["title"] == "".join(map(chr, range(0xA1)))


def test_the_lines_of_a_log_are_shown_escaped(foreign, said):
    out, _ = said("tail", foreign[0][:8])
    assert out == f"line {SHOWN}\n"


ARGUMENTS = {
    "verb": ["a" + EVIL],
    "option": ["--no" + EVIL],
    "value": ["ls", "--sort", "a" + EVIL],
    "file": ["-c", "a" + EVIL + ".json"],
    "folder": ["-e", "a" + EVIL],
    "key": ["-c", "plain.json", "--set", f"Key{EVIL}=1"],
    "override": ["-c", "plain.json", "--set", f"Model=a{EVIL}"],
    "selection": ["show", f"Model=a{EVIL}"],
    "name": ["names", "models" + EVIL],
    "dataset": ["fetch", "CIFAR" + EVIL],
    "template": ["grid", "plain.json", f"Model=a{EVIL}", "--to", "b" + EVIL],
    "export": ["export", "--to", "a" + EVIL],
}


@pytest.mark.parametrize("words", ARGUMENTS.values(), ids=ARGUMENTS)
def test_an_argument_is_quoted_escaped(words, said, tmp_path):
    (tmp_path / "plain.json").write_text(json.dumps(TEACHER))
    out, err = said(*words)
    assert out == ""
    assert acting(err) == []
    assert err.startswith("error: ")
    assert "x1b" in err or "u001b" in err


@pytest.mark.parametrize("word", ["a" + EVIL, "accuracy-bar" + EVIL])
def test_an_argument_of_the_figures_is_quoted_escaped(word, said):
    _, err = said(word, program=plotfigs.main)
    assert acting(err) == []
    assert "x1b" in err


CONFIGS = {
    "key": {**TEACHER, "Key" + EVIL: 1},
    "value": {**TEACHER, "Model": "a" + EVIL},
    "reference": {**TEACHER, "VanillaKD": True, "Teacher": "a" + EVIL},
    "path": {"Dataset": "Arrays", "DataName": "a", "DataPath": "a" + EVIL, "Model": "MLP"},
    "plugin": {**TEACHER, "Plugins": ["a" + EVIL + ".py"]},
}


@pytest.mark.parametrize("raw", CONFIGS.values(), ids=CONFIGS)
def test_a_config_and_its_file_name_are_quoted_escaped(raw, said, tmp_path):
    path = tmp_path / f"c{EVIL.replace('/', '')}\n.json"
    path.write_text(json.dumps(raw))
    out, err = said("-c", path)
    assert acting(out + err) == []
    assert err.startswith("error: ")
    assert all(line.startswith("  ") for line in err.splitlines()[1:])  # no line looks like another message
