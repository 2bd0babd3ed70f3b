"""Experiments with unknown networks of other libraries are refused before a sweep writes anything."""

import json
import sys

import pytest

from Arch.planning.task import tasks_of
from Arch.sweep.published_names import without_unknown
from Arch.sweep.worker import unknown_networks

TAUGHT = {"VanillaKD": True, "Teacher": "torchvision/nosuch"}


def answering(*answers):
    """Returns a program that ignores the names and prints these answers."""
    return [sys.executable, "-c", f"print({json.dumps(json.dumps(answers))})"]


def refusals(tasks):
    return [str(task.step.refusal) if task.step.refusal else "" for task in tasks]


def test_only_the_tasks_of_unknown_networks_are_refused(plan):
    tasks = tasks_of(plan({"Seed": 1}, {**TAUGHT, "NumRuns": 2}, {"Model": "torchvision/resnet18"}))
    assert [task.run for task in tasks] == [0, 0, 1, 0]
    found = without_unknown(tasks, answering("no such network.", ""))  # `nosuch` comes before `resnet18`
    assert refusals(found) == ["", "no such network.", "no such network.", ""]
    assert [(task.fingerprint, task.run) for task in found] == [(task.fingerprint, task.run) for task in tasks]


def test_the_libraries_are_asked_only_about_their_own_networks(plan, tmp_path):
    (tmp_path / "w.pth").write_bytes(b"weights")
    tasks = tasks_of(plan({"Seed": 1}, {"VanillaKD": True, "Teacher": f"MLP@{tmp_path / 'w.pth'}"}))
    assert without_unknown(tasks, ["no such program"]) == list(tasks)


def test_if_the_libraries_cannot_be_asked_nothing_is_refused(plan):
    tasks = tasks_of(plan(TAUGHT))
    assert refusals(without_unknown(tasks, [sys.executable, "-c", "raise SystemExit(3)"])) == [""]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (["torchvision/resnet18", ""], ""),
        (["torchvision/resnet18", "IMAGENET1K_V1"], ""),
        (["torchvision/resnet18", "IMAGENET1K_V9"], "no weights of torchvision/resnet18 named 'IMAGENET1K_V9'."),
        (["torchvision/resnet81", ""], "no model named 'torchvision/resnet81'. Did you mean 'torchvision/resnet18'?"),
    ],
)
def test_what_is_wrong_with_a_name(name, problem):
    [found] = unknown_networks([name])
    assert found.startswith(problem)
    assert bool(found) == bool(problem)


@pytest.mark.slow
def test_a_mistyped_network_leaves_no_entry_behind(program, tmp_path):
    small = {"Dataset": "Synthetic", "SyntheticSamples": 64, "Model": "MLP", "MLPWidths": [4], "NumEpochs": 1}
    (tmp_path / "configs").mkdir()
    for name, more in {"sound": {}, "taught": TAUGHT, "trained": {"Model": "timm/nosuch"}}.items():
        (tmp_path / f"configs/{name}.json").write_text(json.dumps({**small, **more}))
    done = program("main.py", "-e", "configs", "--cache", "cache", "--device", "cpu", cwd=tmp_path)
    assert done.returncode == 1
    assert "error: configs/taught.json: no model named 'torchvision/nosuch'. Did you mean" in done.stderr
    assert "error: configs/trained.json: no model named 'timm/nosuch'." in done.stderr
    assert "runs: 1 made, 2 refused" in done.stderr
    assert len(list((tmp_path / "cache").iterdir())) == 1
    alone = program("main.py", "-c", "configs/trained.json", "--cache", "other", "--device", "cpu", cwd=tmp_path)
    assert (alone.returncode, (tmp_path / "other").exists()) == (1, False)
