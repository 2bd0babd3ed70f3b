"""The reading verbs, as a user starts them: on a read-only cache, beside active runs, and without writing."""

import json
import os
import subprocess
import sys
import time

import pytest

from Arch import files
from Arch.planning.workspace import Workspace
from Arch.types import Epoch, Run
from tests.repository import ROOT
from tests.test_architecture import HEAVY, imported

ONE = {"Dataset": "Synthetic", "Model": "MLP", "MLPWidths": [6]}
LOOKS = [
    ["status"],
    ["status", "--full"],
    ["ls"],
    ["tail", "Seed=0"],
    ["tail", "Seed=0", "--epochs"],
    ["export"],
    ["export", "--epochs"],
    ["show"],
]


@pytest.fixture
def folder(tmp_path):
    """A folder with three configs, of which one is cached and one has failed."""
    workspace = Workspace.at(tmp_path / "cache")
    (tmp_path / "configs").mkdir()
    for seed in range(3):
        (tmp_path / "configs" / f"{seed}.json").write_text(json.dumps({**ONE, "Seed": seed}))
    entries = []
    for seed in range(2):
        config = workspace.resolver.resolve({**ONE, "Seed": seed})
        entries.append(workspace.store.entry(config))
        entries[-1].open(config)
    with entries[0].write_run(0) as writer:
        files.write_synced(writer.folder / "log.txt", "first\nlast\n")
        epoch = Epoch(1, {"loss": 1.0}, {"accuracy": 0.5}, {}, 0.1, 1.0)
        writer.commit(Run(0, 0, (epoch,), {"accuracy": 0.5}, 2.0, {"device": "cpu", "threads": 1}))
    with pytest.raises(ValueError, match="no"), entries[1].take(0):
        raise ValueError("no")
    return tmp_path


def listing(folder):
    """Returns every file below a folder with its content and its time of change."""
    paths = sorted(folder.rglob("*"))
    return {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None) for path in paths}


def test_status_prints_counts_and_exits_with_0(program, folder):
    done = program("main.py", "status", "configs", "--cache", "cache", cwd=folder, check=True)
    counts, failed, missing = done.stdout.splitlines()
    assert counts == "3 experiments: done 1, failed 1, missing 1"
    assert failed.startswith("failed ")
    assert "configs/1.json  run 0: ValueError: no, 1 attempt, on " in failed
    assert missing.endswith("MLP on Synthetic  configs/2.json")


def test_status_of_one_experiment_has_its_traceback(program, folder):
    done = program("main.py", "status", "Seed=1", "--cache", "cache", cwd=folder, check=True)
    assert done.stdout.startswith("failed  MLP on Synthetic\n")
    assert "Traceback (most recent call last):" in done.stdout


def test_every_reading_verb_prints_json(program, folder):
    for words in (*LOOKS, ["doctor"]):
        done = program("main.py", *words, "--json", "--cache", "cache", cwd=folder)
        assert json.loads(done.stdout), words
    found = json.loads(program("main.py", "status", "--json", "--cache", "cache", cwd=folder).stdout)
    assert found["counts"] == {"done": 1, "failed": 1}


def test_ls_lists_the_cache_and_tail_the_end_of_a_log(program, folder):
    assert "2 experiments, 1 run, " in program("main.py", "ls", "--cache", "cache", cwd=folder, check=True).stdout
    done = program("main.py", "tail", "Seed=0", "-n", "1", "--cache", "cache", cwd=folder, check=True)
    assert done.stdout == "last\n"


def test_tail_of_several_experiments_has_headings(program, folder):
    workspace = Workspace.at(folder / "cache")
    names = [workspace.resolver.resolve({**ONE, "Seed": seed}).fingerprint[:8] for seed in range(2)]
    workspace.store.find(names[1]).work(0).write_log("a word")
    done = program("main.py", "tail", *names, "--cache", "cache", cwd=folder, check=True)
    assert done.stdout == (
        f"==> {names[0]}, run 0: MLP on Synthetic <==\nfirst\nlast\n\n"
        f"==> {names[1]}, run 0: MLP on Synthetic <==\na word\n"
    )


def test_export_writes_a_file_that_pandas_reads(program, folder):
    import pandas as pd

    done = program("main.py", "export", "--to", "runs.csv", "--cache", "cache", cwd=folder, check=True)
    assert done.stdout == "runs.csv: 1 rows\n"
    assert list(pd.read_csv(folder / "runs.csv")["accuracy"]) == [0.5]
    printed = program("main.py", "export", "--cache", "cache", cwd=folder, check=True).stdout
    assert printed == (folder / "runs.csv").read_text()


def test_export_leaves_out_and_names_a_damaged_experiment(program, folder):
    entry = next(Workspace.at(folder / "cache").store.entries())
    (entry.path / "Config.json").write_text("{")
    done = program("main.py", "export", "--cache", "cache", cwd=folder)
    assert (done.returncode, done.stderr.startswith("error: ")) in ((1, True), (2, True))


@pytest.mark.parametrize("words", [*LOOKS, ["doctor"], ["plan", "configs"]], ids=" ".join)
def test_reading_verbs_change_nothing_and_import_nothing_heavy(folder, words):
    before = listing(folder / "cache")
    arguments = ["main.py", *words, "--cache", str(folder / "cache"), "--data", str(folder)]
    call = f"runpy.run_path({str(ROOT / 'Scripts' / 'main.py')!r}, run_name='__main__')"
    code = f"import os, runpy, sys; os.chdir({str(folder)!r}); sys.argv = {arguments!r}\ntry:\n    {call}\n"
    found = imported(f"{code}except SystemExit as end:\n    assert end.code in (0, 1), end.code")
    assert found & HEAVY == set()
    assert listing(folder / "cache") == before


def test_reading_verbs_work_on_a_read_only_cache(folder):
    mount = "mount --bind cache cache && mount -o remount,ro,bind cache"
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], cwd=folder, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount")
    main = [sys.executable, str(ROOT / "Scripts" / "main.py")]
    for words in (*LOOKS, ["plan", "configs"], ["doctor"]):
        script = f'{mount} && ! touch cache/new 2>/dev/null && exec "$@" --cache cache'
        command = ["unshare", "-m", "sh", "-c", script, "sh", *main, *words]
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        assert done.returncode == 0, (words, done.stderr)


def test_tail_prints_the_epochs_of_a_run_as_json(program, folder):
    done = program("main.py", "tail", "Seed=0", "--epochs", "--cache", "cache", cwd=folder, check=True)
    assert [json.loads(line)["Test"] for line in done.stdout.splitlines()] == [{"accuracy": 0.5}]


def test_status_shows_an_active_run_and_tail_follows_it(program, folder):
    config = Workspace.at(folder / "cache").resolver.resolve({**ONE, "Seed": 2})
    entry = Workspace.at(folder / "cache").store.entry(config)
    entry.open(config)
    with entry.take(0, device="cpu 7"):
        entry.work(0).write_log("begun")
        shown = program("main.py", "status", "--cache", "cache", cwd=folder, check=True).stdout
        assert f"run 0: process {os.getpid()} on {os.uname().nodename}, cpu 7, for " in shown
        command = [sys.executable, str(ROOT / "Scripts" / "main.py"), "tail", "Seed=2", "-f", "--cache", "cache"]
        follower = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        assert follower.stdout.readline() == "begun\n"
        time.sleep(0.2)
        entry.work(0).write_log("more")
        assert follower.stdout.readline() == "more\n"
    assert follower.wait(timeout=30) == 0
    follower.stdout.close()


def test_the_doctor_fails_only_for_a_problem(program, folder):
    assert program("main.py", "doctor", "--cache", "cache", cwd=folder).returncode == 0
    (folder / "cache" / "BaselineConfig.cjson").write_text("{")
    done = program("main.py", "doctor", "--cache", "cache", cwd=folder)
    assert done.returncode == 1
    assert "problem  rules" in done.stdout


def test_drawing_an_empty_cache_is_an_error(program, tmp_path):
    done = program("Plotfigs.py", "--cache", "empty", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: no finished run is in the cache {tmp_path / 'empty'}.\n")
    assert list(tmp_path.iterdir()) == []
