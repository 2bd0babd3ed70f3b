"""The cache of an old version, made by tests/golden/make_cache.py: the present version reads it.

Only the programs, the files on disk and the public names of `Arch` are used here and in test_golden_training.py, so
that both outlast a move of any module.
"""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

import Arch
from Arch.cli.plotfigs import main as plot
from tests.golden.copies import contents, fingerprint_of, scores_of
from tests.golden.outputs import MAIN, OUTPUTS, TRAIN, normalised, then

pytest_plugins = ("tests.golden.fixtures",)
RULES = MAIN.parents[1] / "KDTrainer" / "BaselineConfig.cjson"


def with_rules(golden, *replacements):
    """Gives the copy rules of its own: the present ones with some texts replaced."""
    rules = RULES.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in rules
        rules = rules.replace(old, new)
    (golden / "cache" / RULES.name).write_text(rules, encoding="utf-8")


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_verb_prints_the_same_json_as_the_old_version(name, golden, said):
    assert normalised(said(*OUTPUTS[name])[1], golden) == then(name)


@pytest.mark.parametrize("seconds", [0, 4_000_000_000])
def test_the_times_of_the_files_do_not_matter(seconds, golden, said):
    for path in golden.rglob("*"):
        os.utime(path, (seconds, seconds))
    assert normalised(said("status")[1], golden) == then("status")


def test_looking_at_the_cache_writes_nothing(golden, said):
    before = contents(golden)
    for words in (*OUTPUTS.values(), ["verify"], ["rehash"]):
        said(*words)
    assert contents(golden) == before


@pytest.mark.parametrize("config", ["teacher", "plain", "taught", "taught_from_file", "plugin"])
def test_a_cached_experiment_answers_without_torch(config, golden):
    code = f"import sys; sys.path.insert(0, {str(MAIN.parents[1])!r}); from Arch.cli.main import main; "
    code += "code = main(sys.argv[1:]); sys.exit(code or 3 * ('torch' in sys.modules))"
    words = ["-c", f"configs/{config}.json", *TRAIN]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    name = fingerprint_of(config)
    assert scores_of(json.loads(done.stdout)) == {name: scores_of(then("show"))[name]}


def test_verify_finds_every_byte_as_it_was_written(said):
    code, found = said("verify")
    assert (code, found["faults"], found["runs"]) == (0, [], 7)


def test_export_writes_a_table_with_a_row_for_each_run(golden, said):
    code, _ = said("export", "--to", "runs.csv")
    rows = list(csv.DictReader(io.StringIO((golden / "runs.csv").read_text(encoding="utf-8"))))
    assert code == 0
    assert [(row["fingerprint"], float(row["accuracy"])) for row in rows] == [
        (row["fingerprint"], row["accuracy"]) for row in then("export")
    ]


def test_a_data_frame_has_a_row_for_each_run(golden):
    assert list(Arch.frame(cache=golden / "cache")["accuracy"]) == [row["accuracy"] for row in then("export")]


def test_both_figures_are_drawn(golden, capsys):
    assert plot(["training-curves", "accuracy-bars", "--cache", "cache"]) == 0
    figures = [golden / line for line in capsys.readouterr().out.splitlines()]
    assert len(figures) == 4
    assert all(path.stat().st_size > 1000 for path in figures)


@pytest.fixture
def rehash(said):
    """Runs `main.py rehash` on the copy, so that the experiment of a plugin records the plugin's current path."""
    said("-c", "configs/plugin.json", "--set", "NumRuns=2")
    return lambda *words: said("rehash", *words)


def test_no_experiment_has_another_name_under_the_present_rules(golden, rehash):
    code, plan = rehash()
    assert (code, plan["renamings"], plan["staying"]) == (0, [], [])
    assert plan["unchanged"] == len(list((golden / "cache").iterdir()))


def test_a_changed_default_is_pinned_with_all_runs_and_the_names_come_back(golden, said, rehash):
    before, scores = contents(golden / "cache"), scores_of(said("show")[1])
    with_rules(golden, ('"Beta1": 0.9', '"Beta1": 0.8'))
    assert rehash()[1]["renamings"] == []
    code, plan = rehash("--pin-old", "--apply")
    names = {each["old"]: each["new"] for each in plan["renamings"]}
    assert (code, plan["staying"], plan["left_alone"]) == (0, [], [])
    assert scores_of(said("show", "Beta1=0.9")[1]) == {names[name]: each for name, each in scores.items()}
    assert said("verify")[1]["faults"] == []
    assert rehash("--undo", "--apply")[0] == 0
    after = contents(golden / "cache")
    assert {name: after.get(name) for name in before} == before


def test_a_renamed_key_renames_what_says_it_and_the_old_config_still_leads_there(golden, said, rehash):
    with_rules(golden, ('"Validation": ', '"HeldOut": '), ('"HeldOut": {', '"HeldOut": {"spellings": ["Validation"], '))
    (renaming,) = rehash("--apply")[1]["renamings"]
    assert renaming["old"] == fingerprint_of("plain")
    (row,) = said("show", "configs/plain.json")[1]
    assert (row["Fingerprint"], row["Active"]["HeldOut"]) == (renaming["new"], 0.2)
    assert row["Scores"] == scores_of(then("show"))[fingerprint_of("plain")]
