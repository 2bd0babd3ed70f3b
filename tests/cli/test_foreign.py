"""Sweeps with foreign teachers and foreign initial weights, through the real program and its workers."""

import json

import pytest
import torch

from Arch.models.build import build

TINY = {
    "Dataset": "Synthetic",
    "SyntheticSize": 4,
    "SyntheticSamples": 32,
    "Model": "resnet8",
    "NumEpochs": 1,
    "BatchSize": 16,
}


@pytest.mark.slow
def test_a_sweep_uses_a_teacher_file_and_weights_of_a_cached_experiment(program, tmp_path):
    torch.save({"state_dict": build("resnet14", (3, 4, 4), 4, seed=0).state_dict()}, tmp_path / "teacher.pth")
    configs = {
        "taught": {**TINY, "VanillaKD": True, "Teacher": "resnet14@../teacher.pth"},
        "begun": {**TINY, "Seed": 1, "PreTrained": True, "PreTrainedFrom": {**TINY, "Seed": 2}},
        "both": {**TINY, "PreTrained": True, "PreTrainedFrom": "resnet8", "BackboneLRMultiplier": 0.1},
    }
    (tmp_path / "configs").mkdir()
    for name, config in configs.items():
        (tmp_path / "configs" / f"{name}.json").write_text(json.dumps(config))
    done = program("main.py", "-e", "configs", "--cache", "cache", "--device", "cpu", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    listed = program("main.py", "ls", "--cache", "cache", "--json", cwd=tmp_path, check=True)
    runs = {each["title"]: each["runs"] for each in json.loads(listed.stdout)}
    assert runs.pop("resnet14@teacher.pth") == 0
    assert sorted(runs.values()) == [1] * len(runs)
    assert len(json.loads(listed.stdout)) == 1 + 3 + 2
    program("main.py", "verify", "--cache", "cache", cwd=tmp_path, check=True)
    pruned = program("main.py", "prune", "--orphans", "--cache", "cache", cwd=tmp_path, check=True)
    assert "resnet14@teacher.pth" not in pruned.stdout
