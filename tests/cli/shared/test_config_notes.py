"""Keys that nothing reads are told once for each command; the oracle is the condition of each key in docs/keys.md."""

import json
import logging

import pytest

from Arch import run
from Arch.cli.main import main
from tests.cached_runs import commit, opened, workspace

__all__ = ["commit", "opened", "workspace"]

TINY = {"Dataset": "Synthetic", "Model": "MLP", "MLPWidths": [6]}
HEAT = "Temperature has no effect: it counts with VanillaKD (false here)"


@pytest.fixture
def told(tmp_path, monkeypatch, capsys, commit):
    """Gives the lines on standard error of a command on configs in the working directory, whose runs are cached."""
    monkeypatch.chdir(tmp_path)

    def told(words, *, out=False, **configs):
        for name, raw in configs.items():
            (tmp_path / f"{name}.json").write_text(json.dumps({**TINY, **raw}))
            commit({**TINY, **raw})
        assert main([*words.split(), "--cache", "cache"]) == 0
        captured = capsys.readouterr()
        return (captured.out if out else captured.err).splitlines()

    return told


@pytest.mark.parametrize("words", ["-c a.json", "-e .", "plan a.json", "explain a.json", "retry a.json"])
def test_every_command_that_reads_a_config_says_which_key_has_no_effect(told, words):
    [note] = told(words, a={"Temperature": 2.0})
    assert note.endswith(f"a.json: {HEAT}")


def test_a_quiet_command_says_nothing(told):
    assert told("-c a.json --quiet", a={"Temperature": 2.0}) == []


def test_equal_keys_of_many_files_are_one_line(told):
    assert told("plan a.json b.json", a={"Temperature": 2.0}, b={"Temperature": 3.0, "Seed": 1}) == [
        f"note: a.json (and 1 more): {HEAT}"
    ]


def test_several_reasons_are_one_note_of_a_line_each(told):
    assert told("plan a.json", a={"Temperature": 2.0, "LGLossWeight": 4, "Momentum": 0.5}) == [
        "note: these keys have no effect:",
        "  a.json: Temperature, LGLossWeight count with VanillaKD (false here)",
        "  a.json: Momentum counts with Optimizer SGD (AdamW here, which reads Beta1, Beta2 and Epsilon)",
    ]


def test_a_note_has_at_most_eight_lines_and_counts_the_other_keys(told):
    off = {"Momentum": 0.5, "Temperature": 2, "LearningRate": 1, "LRSteps": [1], "ExpPower": 0.5, "CosineFinalLR": 0.1}
    more = {"RandAugment": 2, "BackboneLRMultiplier": 0.1, "BatchNorm": False, "AvgTokens": False, "Severity": 2}
    lines = told("plan a.json", a={**off, **more})
    assert len(lines) == 10
    assert lines[-1] == "  ... and 3 more keys; `main.py explain FILE` lists those of a config"


def test_a_config_that_spells_out_defaults_has_no_note(told, resolver):
    spelled = {key: rule.default for key, rule in resolver.rules.keys.items() if not rule.schema.unread}
    assert told("-c a.json", a={**spelled, **TINY}) == []


def test_a_default_that_the_command_line_sets_is_told(told):
    assert told("-c a.json --set Temperature=4", a={}) == [f"note: a.json: {HEAT}"]


def test_the_keys_of_a_teachers_file_and_of_an_inline_teacher_are_told_by_their_place(told):
    odd, student = {**TINY, "Severity": 1}, {"VanillaKD": True, "Seed": 1}
    lines = told("plan b.json a.json", a={"Momentum": 0.5}, b={**student, "Teacher": odd})
    assert [line.split(" counts ")[0] for line in lines[1:]] == ["  a.json: Momentum", "  b.json: Teacher: Severity"]
    [line] = told("plan c.json", a={"Momentum": 0.5}, c={**student, "Seed": 2, "Teacher": "a.json"})
    assert line.startswith("note: a.json: Momentum has no effect")


def test_a_cached_experiment_named_by_its_fingerprint_has_only_the_keys_of_the_command_line(told, commit):
    name = commit({**TINY, "VanillaKD": True, "Teacher": TINY, "Temperature": 2.0}).fingerprint
    assert told(f"plan {name}") == []
    assert told(f"plan {name} --set VanillaKD=false") == []
    [note] = told(f"plan {name} --set Momentum=0.5")
    assert note.startswith(f"note: {name}: Momentum has no effect")


def test_one_experiment_written_in_two_ways_is_compared_by_the_keys_that_do_not_count(told):
    configs = {"a": {"NumRuns": 2}, "b": {"Temperature": 2.0}}
    first, head, heat, runs = told("diff a.json b.json", out=True, **configs)
    assert first.startswith("one experiment: ")
    assert head.split() == ["a.json", "b.json"]
    assert heat.split(maxsplit=4)[:4] == ["Temperature", "(not", "given)", "2.0"]
    assert heat.endswith("counts with VanillaKD (false here)")
    assert runs.split(maxsplit=3) == ["NumRuns", "2", "1", "says how to run, not what is computed"]


def test_a_comparison_of_two_experiments_notes_the_keys_of_both(told):
    assert told("diff a.json b.json", a={"Temperature": 2.0}, b={"Temperature": 3.0, "Seed": 1}) == [
        f"note: a.json (and 1 more): {HEAT}"
    ]


def test_a_grid_over_a_key_without_effect_says_so_and_writes_one_file(told, tmp_path):
    assert told("grid a.json Temperature=1,2,4 --to grid", a={}) == [f"note: all 3 combinations: {HEAT}"]
    assert len(list((tmp_path / "grid").iterdir())) == 1
    again = told("grid a.json Temperature=1,2,4 --to other", out=True)
    assert again[:2] == [
        "writes 1 config to other",
        "left out 2 duplicates, since the 3 combinations are 1 experiment:",
    ]


def test_a_grid_names_the_combinations_in_which_a_key_has_no_effect(told):
    words = "grid a.json VanillaKD=false,true Temperature=1,4 Teacher=resnet8 --to grid"
    _, heat, teacher = told(words, a={})
    assert heat == (
        "  VanillaKD=false,Temperature=1,Teacher=resnet8 (and 1 more): Temperature counts with VanillaKD (false here)"
    )
    assert "Teacher counts with VanillaKD or FeatureKD" in teacher


def test_an_evaluation_notes_what_the_command_line_sets_in_vain(told, monkeypatch):
    monkeypatch.setattr("Arch.cli.shared.making.carry_out", lambda plan, worker: ())
    [note] = told("evaluate a.json --set Temperature=2", a={})
    assert note.startswith("note: a.json: Temperature has no effect: it counts with Trainer KDTrainer (Evaluation here")


def test_a_call_from_python_logs_a_warning(commit, workspace, caplog, tmp_path):
    commit({**TINY, "Temperature": 2.0})
    with caplog.at_level(logging.WARNING):
        run({**TINY, "Temperature": 2.0}, cache=tmp_path / "cache")
        run(TINY, cache=tmp_path / "cache")
    assert [record.getMessage() for record in caplog.records] == [f"config: {HEAT}"]
