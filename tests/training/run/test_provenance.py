"""Oracle: the packages, the host and git, asked directly."""

import dataclasses
import importlib
import json
import os
import subprocess

import pytest
import torch

from Arch.errors import DataError
from Arch.training.data_identity import data_record, require_same_data
from Arch.training.run import provenance as module
from Arch.training.run.provenance import code_version, provenance
from Arch.training.streams import Streams
from tests.training.conftest import TINY


def test_a_run_records_machine_versions_data_and_seeds(engine, data):
    record = {**provenance(engine, Streams(3, 1)), **data_record(data)}
    assert record["torch"] == torch.__version__
    assert record["data_digest"] == data.digest
    assert record["input_shape"] == [3, 4, 4]
    assert (record["classes"], record["class_names"][0]) == (4, "class 0")
    assert record["seeds"]["order"] == Streams(3, 1).order
    assert record["host"] == os.uname().nodename
    assert record["driver"] is None
    assert record["cuda"] == torch.version.cuda
    assert json.loads(json.dumps(record)) == record


@pytest.mark.parametrize("name", ["numpy", "torchvision"])
def test_the_recorded_version_of_a_package_is_its_own(engine, name):
    record = provenance(engine, Streams(0, 0))
    version = importlib.import_module(name).__version__
    assert record[name].partition("+")[0] == version.partition("+")[0]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC ...",
            "535.183.01",
        ),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build", "580.65.06"),
    ],
)
def test_the_drivers_version_is_read_from_its_kernel_module(tmp_path, monkeypatch, text, version):
    (tmp_path / "version").write_text(text)
    monkeypatch.setattr(module, "_DRIVER", tmp_path / "version")
    monkeypatch.setattr(module, "_driver", module._driver.__wrapped__)
    assert module._driver() == version


def test_without_a_kernel_module_and_nvidias_program_there_is_no_driver(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_DRIVER", tmp_path / "absent")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert module._driver.__wrapped__() is None


def test_code_outside_a_repository_has_no_version(tmp_path):
    assert code_version(tmp_path) == {}


def test_a_repository_that_git_cannot_read_has_no_version(tmp_path):
    (tmp_path / ".git").write_text("nonsense")
    assert code_version(tmp_path) == {}


def test_the_commit_and_later_edits_are_recorded(tmp_path):
    def git(*words):
        name = ("-c", "user.name=n", "-c", "user.email=e")
        return subprocess.run(["git", "-C", tmp_path, *name, *words], check=True, capture_output=True, text=True).stdout

    (tmp_path / "code.py").write_text("1")
    for words in (("init",), ("add", "code.py"), ("commit", "-m", "one")):
        git(*words)
    commit = git("rev-parse", "HEAD").strip()
    assert code_version(tmp_path) == {"commit": commit, "is_edited": False}
    (tmp_path / "code.py").write_text("2")
    assert code_version(tmp_path) == {"commit": commit, "is_edited": True}


def test_other_data_of_the_same_name_are_refused(data):
    other = dataclasses.replace(data, digest="0" * 64)
    with pytest.raises(DataError, match=r"000000000000.*DataName"):
        require_same_data(other, ({"data_digest": data.digest},), "run 0")


def test_a_record_without_a_digest_is_accepted(data):
    require_same_data(data, ({}, {"data_digest": data.digest}), "run 0")


def test_a_run_records_the_versions_of_its_components(trainer):
    training = trainer()
    training.result()
    assert training.entry.run(0).provenance["versions"] == {
        "Trainer": 1,
        "Precision": 1,
        "Dataset": 1,
        "Normalization": 1,
        "Model": 1,
        "Optimizer": 1,
        "LRScheduler": 1,
        "Select": 1,
    }


def test_a_run_records_its_command_and_the_parameters_that_it_trained(trainer):
    training = trainer()
    training.settings = dataclasses.replace(training.settings, command="main.py -e 'my configs'")
    training.result()
    found = training.entry.run(0).provenance
    assert found["command"] == "main.py -e 'my configs'"
    assert found["trainable_parameters"] == (3 * 4 * 4 * 16 + 16) + (16 * 4 + 4)


def test_parameters_of_a_frozen_backbone_are_not_counted(trainer):
    pretrained = {"PreTrained": True, "PreTrainedFrom": {**TINY, "Seed": 3}, "BackboneLRMultiplier": -1.0}
    training = trainer(**pretrained)
    training.result()
    assert training.entry.run(0).provenance["trainable_parameters"] == 16 * 4 + 4


def test_a_study_that_trains_nothing_records_no_parameters(trainer):
    training = trainer(Trainer="Evaluation", Network=TINY)
    training.result()
    found = training.entry.run(0).provenance
    assert "trainable_parameters" not in found
    assert found["begin"] <= found["end"]
