"""The programs, started as processes: their output, their files, and the modules that they must not import."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from Arch.machine.installation import INSTALLATION
from tests.repository import ROOT

HEAVY = {"torch", "torchvision", "numpy", "pandas", "matplotlib", "sklearn", "PIL", "tqdm"}
TINY = {
    "Dataset": "Synthetic",
    "SyntheticSamples": 32,
    "Model": "MLP",
    "MLPWidths": [6],
    "BatchSize": 8,
    "NumEpochs": 2,
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, warm_starts):
    """A folder with three configs and a cache with their runs."""
    folder = tmp_path_factory.mktemp("trained")
    configs = write_configs(folder)
    done = warm_starts.run(ROOT / "Scripts" / "main.py", ["-c", *configs, "--cache", "cache"], folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def workplace(trained, tmp_path):
    """A copy of that folder that a test may change."""
    return Path(shutil.copytree(trained, tmp_path / "work"))


@pytest.mark.slow
def test_a_sweep_trains_teachers_first_and_shows_all_results(tmp_path):
    write_configs(tmp_path)
    done = start("main.py", "-e", "configs", "--cache", "cache", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.partition(" (")[0] for line in done.stderr.splitlines()]
    teacher, taught = "MLP on Synthetic, run 0", "MLP on Synthetic, taught by MLP, run 0"
    assert sorted(line for line in lines if line.startswith("started")) == sorted(
        f"started: {name}" for name in (teacher, taught, "MLP on Synthetic, run 0", "MLP on Synthetic, run 1")
    )
    made = next(place for place, line in enumerate(done.stderr.splitlines()) if "teacher.json), acc" in line)
    assert made < lines.index(f"started: {taught}")
    assert lines[-1] == "runs: 4 made"
    assert done.stdout.count("(n=1)") == 2
    assert done.stdout.count("(n=2)") == 1


def test_a_cached_answer_trains_nothing_and_imports_nothing_heavy(trained):
    before = listing(trained)
    arguments = ["-c", "configs/student.json", "configs/a-taught.json", "--cache", "cache"]
    assert imported("main.py", arguments, trained) & HEAVY == set()
    assert listing(trained) == before


def test_a_note_on_a_cached_answer_imports_nothing_heavy(trained):
    arguments = ["-c", "configs/student.json", "--set", "Temperature=2", "--cache", "cache"]
    assert "Temperature has no effect" in start("main.py", *arguments, cwd=trained).stderr
    assert imported("main.py", arguments, trained) & HEAVY == set()


def test_figures_are_drawn_from_the_cache_without_torch(trained, tmp_path):
    modules = imported("Plotfigs.py", ["configs", "--cache", "cache", "--out", str(tmp_path)], trained)
    assert "torch" not in modules
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{name}.{ending}" for name in ("accuracy-bars", "training-curves") for ending in ("pdf", "png")
    ]


def test_one_figure_can_be_asked_for_by_name_and_value(trained, tmp_path):
    done = start("Plotfigs.py", "training-curves", "VanillaKD=true", "--cache", "cache", "--out", tmp_path, cwd=trained)
    assert done.returncode == 0, done.stderr
    assert {path.stem for path in tmp_path.iterdir()} == {"training-curves"}


def test_more_runs_are_added_and_those_that_exist_are_left_alone(workplace, program):
    before = listing(workplace)
    done = program("main.py", "-c", "configs/student.json", "--set", "NumRuns=3", "--cache", "cache", cwd=workplace)
    assert "(n=3)" in done.stdout
    assert done.stderr.count(", run ") == 1
    kept = {path: times for path, times in before.items() if "Runs/00" in path}
    assert kept.items() <= listing(workplace).items()


@pytest.mark.slow
def test_a_failing_experiment_stops_no_other_and_sets_the_exit_code(workplace):
    write(workplace / "configs/failing.json", **TINY, Optimizer="SGD", MaxLR=1e30, Seed=5)
    write(workplace / "configs/dependent.json", **TINY, VanillaKD=True, Teacher="failing.json")
    write(workplace / "configs/last.json", **TINY, Seed=6)
    done = start("main.py", "-e", "configs", "--cache", "cache", cwd=workplace)
    assert done.returncode == 1
    assert "the loss of run 0 was not finite in epoch" in done.stderr
    assert "not tried: it depends on MLP on Synthetic, which failed" in done.stderr
    assert "runs: 4 there already, 1 made, 1 failed, 1 not tried" in done.stderr
    assert done.stdout.count("(n=") == 4
    assert "Traceback" not in done.stderr


def test_a_changed_default_is_refused_with_both_remedies(workplace):
    rules = (ROOT / "KDTrainer" / "BaselineConfig.cjson").read_text()
    (workplace / "cache/BaselineConfig.cjson").write_text(rules.replace('"PctStart": 0.3', '"PctStart": 0.4'))
    done = start("main.py", "-c", "configs/student.json", "--cache", "cache", cwd=workplace)
    assert done.returncode == 1
    assert "PctStart" in done.stderr
    assert "0.3" in done.stderr
    assert "0.4" in done.stderr
    assert "--pin-old --apply` keeps the old runs" in done.stderr
    assert "--apply` makes room to train afresh" in done.stderr


def test_several_explanations_are_one_json_list(trained):
    done = start("main.py", "explain", "configs", "--json", "--cache", "cache", cwd=trained)
    assert [each["Status"] for each in json.loads(done.stdout)] == ["done"] * 3


def test_reading_verbs_write_nothing(trained):
    before = listing(trained)
    for words in (["plan", "configs"], ["show"], ["explain", "configs"], ["names", "keys"]):
        done = start("main.py", *words, "--cache", "cache", cwd=trained)
        assert done.returncode == 0, done.stderr
    assert listing(trained) == before


def test_a_damaged_entry_hides_no_other(workplace):
    entries = sorted(path for path in (workplace / "cache").iterdir() if path.is_dir())
    (entries[0] / "Config.json").write_text("{")
    done = start("main.py", "show", "--cache", "cache", cwd=workplace)
    assert done.returncode == 1
    assert done.stdout.count("(n=") == len(entries) - 1
    assert f"left out: {entries[0]}" in done.stderr


def test_files_of_a_cache_are_not_taken_for_configs(workplace):
    done = start("main.py", "plan", ".", "--cache", "cache", cwd=workplace)
    assert (done.returncode, done.stdout.splitlines()[-2][:14]) == (0, "3 experiments ")


def test_a_plan_shows_what_is_cached_and_what_is_requested_twice(workplace):
    shutil.copy(workplace / "configs/student.json", workplace / "configs/copy.json")
    write(workplace / "configs/new.json", **TINY, Seed=9, NumRuns=4)
    done = start("main.py", "plan", "configs", "--cache", "cache", cwd=workplace)
    assert "requested twice: configs/copy.json = configs/student.json" in done.stdout
    assert "4 experiments (0 only as dependencies): 3 done, 1 missing\n4 runs to train" in done.stdout


def test_diff_shows_only_the_differing_keys(trained):
    done = start("main.py", "diff", "configs/student.json", "configs/teachers/teacher.json", "--json", cwd=trained)
    assert json.loads(done.stdout) == [{"key": "Seed", "first": 0, "second": 1}]


def test_standard_output_has_only_the_json(trained):
    for words in (["plan", "configs"], ["show", "configs"], ["names"], ["-c", "configs/student.json"]):
        assert json.loads(start("main.py", *words, "--json", "--cache", "cache", cwd=trained).stdout)


def test_the_working_directory_does_not_change_an_experiment(trained, tmp_path):
    config = trained / "configs/a-taught.json"
    done = start("main.py", "-c", config, "--cache", trained / "cache", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_demonstration_is_the_quickstart_folder():
    assert {path.name for path in (ROOT / "ExperimentConfigs/Quickstart").iterdir()} == {
        "student.json",
        "taught.json",
        "teacher.json",
    }
    assert INSTALLATION.demonstration == ROOT / "ExperimentConfigs" / "Quickstart"


def write_configs(folder):
    """Writes a student that is distilled, its teacher, and a student alone; returns their paths."""
    write(folder / "configs/a-taught.json", **TINY, VanillaKD=True, Teacher="teachers/teacher.json")
    write(folder / "configs/teachers/teacher.json", **TINY, Seed=1)
    write(folder / "configs/student.json", **TINY, NumRuns=2)
    return [f"configs/{name}.json" for name in ("a-taught", "teachers/teacher", "student")]


def write(path, **values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


def start(name, *arguments, cwd):
    command = [sys.executable, str(ROOT / "Scripts" / name), *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def imported(name, arguments, cwd):
    """Returns the top-level modules in `sys.modules` after a program has run in a fresh interpreter."""
    code = (
        f"import runpy, sys\nsys.argv = {[name, *arguments]!r}\n"
        f"try:\n    runpy.run_path({str(ROOT / 'Scripts' / name)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print(' '.join({each.partition('.')[0] for each in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def listing(folder):
    """Returns every file below a folder with its time of change."""
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
