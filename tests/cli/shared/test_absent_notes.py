"""What an answer lacks of what was asked for is told; the oracle is what each test puts into the cache."""

import json
import logging

import matplotlib.figure
import pytest

import Arch
from Arch.cli.main import main
from Arch.cli.plotfigs import main as plot
from Arch.errors import TrainingError
from Arch.types import Run
from tests.cached_runs import attempt, commit, opened, workspace

__all__ = ["attempt", "commit", "opened", "workspace"]

TINY = {"Dataset": "Synthetic", "Model": "MLP", "MLPWidths": [6]}
LACKING = "1 of 3 experiments is not shown: configs/2.json: no run yet"


@pytest.fixture
def asked(tmp_path, monkeypatch, capsys, commit):
    """Three configs in a folder, of which two have a run; gives exit code, output and lines of errors of a command."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    for seed in range(3):
        (tmp_path / f"configs/{seed}.json").write_text(json.dumps({**TINY, "Seed": seed}))
    for seed in range(2):
        commit({**TINY, "Seed": seed})

    def asked(words, program=main):
        code = program([*words.split(), "--cache", "cache"])
        captured = capsys.readouterr()
        return code, captured.out, captured.err.splitlines()

    return asked


@pytest.fixture
def titles(monkeypatch):
    """The heads of the figures that are drawn."""
    found = []
    say = matplotlib.figure.Figure.suptitle
    monkeypatch.setattr(
        matplotlib.figure.Figure, "suptitle", lambda sheet, text, **more: found.append(text) or say(sheet, text, **more)
    )
    return found


@pytest.mark.parametrize("words", ["show configs", "export configs --to rows.csv", "ls configs", "tail configs"])
def test_a_table_of_a_folder_says_which_config_has_no_run(asked, words):
    code, _, lines = asked(words)
    assert (code, lines) == (0, [f"note: {LACKING}"])


def test_a_figure_of_a_folder_says_so_below_it_and_in_it(asked, titles):
    code, _, lines = asked("accuracy-bars configs", plot)
    assert (code, lines) == (0, [f"note: {LACKING}"])
    assert titles == ["2 of 3 experiments"]


def test_a_figure_of_all_that_was_asked_for_has_no_such_head(asked, titles):
    assert asked("accuracy-bars configs/0.json configs/1.json", plot)[2] == []
    assert titles == []


def test_a_quiet_table_of_a_folder_says_nothing(asked):
    assert asked("show configs --quiet")[2] == []


@pytest.mark.parametrize(("program", "words"), [(main, "show"), (main, "export --json"), (plot, "accuracy-bars")])
def test_a_file_that_is_named_and_has_no_run_is_an_error(asked, program, words):
    code, _, lines = asked(f"{words} configs/1.json configs/2.json --quiet", program)
    assert (code, lines) == (1, ["error: 1 of 2 experiments is not shown: configs/2.json: no run yet"])


def test_a_failed_experiment_is_told_with_its_error(asked, attempt):
    attempt({**TINY, "Seed": 2}, end="failed", error=ValueError("bad luck"))
    reason = "failed: ValueError: bad luck"
    assert asked("show configs")[2] == [f"note: 1 of 3 experiments is not shown: configs/2.json: {reason}"]
    [line] = asked("show")[2]
    assert line.startswith("note: 1 of 3 experiments is not shown: ")
    assert line.endswith(f"(MLP on Synthetic): {reason}")


def test_a_list_of_many_has_eight_lines_and_a_count(asked, tmp_path):
    for seed in range(3, 20):
        (tmp_path / f"configs/{seed}.json").write_text(json.dumps({**TINY, "Seed": seed}))
    lines = asked("show configs")[2]
    assert lines[0] == "note: 18 of 20 experiments are not shown:"
    assert len(lines) == 10
    assert lines[-1] == "  ... and 10 more; `main.py status` shows them all"


def test_experiments_without_epochs_are_named_in_a_table_of_epochs(asked, opened, workspace):
    entry = opened({**TINY, "Seed": 2})
    with entry.write_run(0) as writer:
        writer.commit(Run(0, 0, (), {"accuracy": 0.5}, 1.0))
    [line] = asked("export configs --epochs --to rows.csv")[2]
    assert line.endswith("configs/2.json: its runs have no epochs")


def test_what_a_figure_leaves_out_is_named_with_its_file(asked, opened, titles):
    with opened({**TINY, "Seed": 2}).write_run(0) as writer:
        writer.commit(Run(0, 0, (), {"mean_norm": 0.5}, 1.0))
    assert asked("accuracy-bars configs", plot)[2] == [
        "note: accuracy-bars leaves out MLP, Seed=2 (configs/2.json): no run has an accuracy"
    ]
    assert titles == ["2 of 3 experiments"]


def test_more_runs_than_asked_for_are_told(asked, commit):
    for index in (1, 2):
        commit({**TINY, "Seed": 0}, index)
    note = "configs/0.json: statistics are over all 3 cached runs; NumRuns asks for 2"
    for words in ("-c configs/0.json", "show configs/0.json"):
        code, _, lines = asked(f"{words} --set NumRuns=2")
        assert (code, lines) == (0, [f"note: {note}"])
    assert asked("accuracy-bars configs/0.json --set NumRuns=2", plot)[2] == [f"note: {note}"]
    assert asked("show configs/0.json --set NumRuns=3")[2] == []


def test_fewer_runs_than_asked_for_are_told(asked):
    code, _, lines = asked("show configs/0.json configs/1.json --set NumRuns=3")
    assert code == 0
    assert lines == ["note: configs/0.json (and 1 more): 1 of 3 runs is finished, and in the statistics"]


def test_a_cached_experiment_named_by_its_fingerprint_asks_for_no_number(asked, commit):
    name = commit({**TINY, "Seed": 0}, 1).fingerprint
    assert asked(f"show {name}")[2] == []


def test_retry_says_which_runs_it_does_not_make(asked):
    code, out, lines = asked("retry configs")
    assert (code, "no run of configs failed or crashed" in out) == (0, True)
    assert lines == ["note: 1 of 3 experiments lack runs that did not fail, which retry does not make: configs/2.json"]


def test_an_evaluation_says_which_configs_train_no_network(asked, tmp_path, monkeypatch):
    monkeypatch.setattr("Arch.cli.shared.making.carry_out", lambda plan, worker: ())
    evaluation = {"Trainer": "Evaluation", "Dataset": "Synthetic", "Network": "0.json"}
    (tmp_path / "configs/look.json").write_text(json.dumps(evaluation))
    assert asked("evaluate configs")[2][0] == "note: not evaluated, since it trains no network: configs/look.json"


def test_a_frame_logs_which_experiments_have_no_row(asked, caplog):
    with caplog.at_level(logging.WARNING):
        frame = Arch.frame("configs", cache="cache")
    assert len(frame) == 2
    assert [record.getMessage() for record in caplog.records] == [LACKING]


def test_states_count_a_failed_teacher_apart_from_its_students(asked, attempt, tmp_path):
    teacher = {**TINY, "Seed": 7}
    attempt(teacher, end="failed", error=ValueError("bad luck"))
    for seed in (8, 9):
        student = {**TINY, "Seed": seed, "VanillaKD": True, "Teacher": teacher}
        (tmp_path / f"configs/{seed}.json").write_text(json.dumps(student))
    words = "configs/8.json configs/9.json"
    status = asked(f"status {words}")[1]
    assert status.startswith("3 experiments: failed 1, missing 2 (1 of them only needed by others: failed 1)\n")
    assert "3 experiments (1 only as dependencies: 1 failed): 1 failed, 2 missing" in asked(f"plan {words}")[1]


def test_a_command_counts_what_was_not_tried_apart_from_what_failed(asked, tmp_path, monkeypatch):
    def train(worker, config):
        raise TrainingError("bad luck")

    monkeypatch.setattr("Arch.sweep.worker.Worker.train", train)
    for seed in (8, 9):
        student = {**TINY, "Seed": seed, "VanillaKD": True, "Teacher": {**TINY, "Seed": 7}}
        (tmp_path / f"configs/{seed}.json").write_text(json.dumps(student))
    code, _, lines = asked("-c configs/8.json configs/9.json --quiet")
    assert code == 1
    assert lines[-1] == "1 of 3 experiments failed, 2 not tried because of that"
