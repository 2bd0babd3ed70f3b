"""The programs with a closed or full standard output, and with arguments in an unusual order."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from Arch.planning.workspace import Workspace
from tests.cached_runs import cache_a_run
from tests.repository import ROOT

MAIN = ROOT / "Scripts" / "main.py"
TINY = {"Dataset": "Synthetic", "SyntheticSamples": 32, "Model": "MLP", "MLPWidths": [6], "NumEpochs": 1}


def start(folder, *words, **streams):
    command = [sys.executable, str(MAIN), *words]
    return subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, text=True, timeout=300, check=False, **streams)


def test_a_closed_standard_output_is_not_an_error(tmp_path):
    done = start(tmp_path, "names", "keys", preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("words", [["names"], ["names", "keys"]], ids=["short output", "long output"])
def test_a_full_disk_behind_standard_output_is_reported_on_one_line(words, tmp_path):
    with Path("/dev/full").open("w") as full:
        done = start(tmp_path, *words, stdout=full)
    sentence = "error: standard output or the working directory: no space left on device.\n"
    assert (done.returncode, done.stderr) == (1, sentence)


def test_options_may_come_before_the_verb_and_between_the_words(tmp_path):
    for seed in range(2):
        (tmp_path / f"{seed}.json").write_text(json.dumps({**TINY, "Seed": seed}))
        cache_a_run(Workspace.at(tmp_path / "cache"), tmp_path / f"{seed}.json")
    plan = ["--json", "plan", "--cache", "cache", ".", "--quiet", "Seed=1"]
    done = start(tmp_path, *plan, stdout=subprocess.PIPE)
    assert [row["asked_by"] for row in json.loads(done.stdout)] == [["1.json"]]
    sweep = ["-e", ".", "Model=MLP", "--cache", "cache", "Seed=1", "--json", "--quiet"]
    done = start(tmp_path, *sweep, stdout=subprocess.PIPE)
    assert [row["Active"]["Seed"] for row in json.loads(done.stdout)] == [1]
