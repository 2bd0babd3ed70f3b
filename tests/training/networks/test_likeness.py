"""Runs of one experiment are made from the same networks. Oracles: `hashlib` on the files, and records made by hand."""

import dataclasses
import hashlib
import shutil

import pytest
from safetensors.torch import load_file, save_file

from Arch.cache.runs import manifest
from Arch.errors import StoppedError, UnlikeNetworkError
from Arch.models.build import build
from Arch.models.weights.published import digest_of
from Arch.training.networks.trained import TrainedNetwork
from tests.training.run.interruptions import StopAfterEach


@pytest.fixture
def student(trainer, tiny):
    """Returns a trainer of a student, whose teacher is trained first."""

    def make(**keys):
        return trainer(**{"VanillaKD": True, "Teacher": {**tiny, "Seed": 3}, **keys})

    return make


def accepting(training):
    training.settings = dataclasses.replace(training.settings, accepts_unlike=True)
    return training


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def change_weights(entry, run=0):
    """Gives a cached run other weights, as if it had been trained again on another machine."""
    path = entry.weights(run, "Last")
    save_file({name: each + 0.25 for name, each in load_file(path).items()}, path)
    manifest.write(path.parent)


def retrain_teacher(training):
    """Gives the teacher of a study other weights; returns the SHA-256 of the old and of the new ones."""
    weights = training.networks["Teacher"].entry.weights(0, "Last")
    before = sha256(weights)
    change_weights(training.networks["Teacher"].entry)
    return before, sha256(weights)


def test_a_run_records_the_sha256_of_its_teachers_weights(student):
    training = student()
    training.result()
    teacher = training.networks["Teacher"].entry
    assert training.entry.run(0).provenance["made_from"]["Teacher"]["digest"] == sha256(teacher.weights(0, "Last"))


def test_no_run_is_added_to_runs_of_another_teacher(student):
    training = student()
    training.result()
    before, after = retrain_teacher(training)
    with pytest.raises(UnlikeNetworkError) as refusal:
        student(NumRuns=2).result()
    assert f"their SHA-256 was {before[:12]}, and is {after[:12]} now" in str(refusal.value)
    assert "rm --restore" in str(refusal.value)
    assert "--accept-unlike" in str(refusal.value)
    assert training.entry.run_indices() == (0,)


def test_an_accepted_run_of_another_teacher_marks_the_experiment(student):
    training = student()
    training.result()
    before, after = retrain_teacher(training)
    result = accepting(student(NumRuns=2)).result()
    assert result.unlike["Teacher weights"] == (before[:12], after[:12])
    assert training.entry.status(2, training.config).unlike == ("Teacher weights",)


def test_an_evaluation_of_a_marked_experiment_is_marked_too(student, tiny, trainer):
    training = student()
    training.result()
    before, after = retrain_teacher(training)
    accepting(student(NumRuns=2)).result()
    networks = {"Network": {**tiny, "VanillaKD": True, "Teacher": {**tiny, "Seed": 3}}}
    keys = {"Trainer": "Evaluation", "Split": "test", **networks}
    assert trainer(**keys, NetworkRun=-1, NumRuns=2).result().unlike["Network: Teacher weights"] == (
        before[:12],
        after[:12],
    )
    assert "Network: Teacher weights" not in trainer(**keys, NetworkRun=0).result().unlike


def test_runs_of_one_teacher_are_alike(student):
    student().result()
    assert student(NumRuns=2).result().unlike == {}


def test_a_restored_teacher_takes_further_students(student):
    training = student()
    training.result()
    weights = training.networks["Teacher"].entry.weights(0, "Last")
    content = weights.read_bytes()
    change_weights(training.networks["Teacher"].entry)
    weights.write_bytes(content)
    manifest.write(weights.parent)
    assert student(NumRuns=2).result().n == 2


def test_runs_that_recorded_no_weights_are_not_compared(student, monkeypatch):
    training = student()
    original = TrainedNetwork.origin
    monkeypatch.setattr(TrainedNetwork, "origin", lambda self: {**original(self), "digest": None})
    training.result()
    monkeypatch.undo()
    change_weights(training.networks["Teacher"].entry)
    assert student(NumRuns=2).result().unlike == {}


def test_each_run_is_compared_with_the_run_that_it_looked_at(trainer, tiny):
    keys = {"Trainer": "Evaluation", "Network": {**tiny, "NumRuns": 3}, "NetworkRun": -1}
    training = trainer(**keys, NumRuns=2)
    training.result()
    change_weights(training.networks["Network"].entry, run=1)
    with pytest.raises(UnlikeNetworkError, match=r"^run 1 of this experiment"):
        trainer(**keys, NumRuns=3).result()


def test_a_run_whose_network_was_removed_is_not_compared(trainer, tiny):
    keys = {"Trainer": "Evaluation", "Network": {**tiny, "NumRuns": 3}, "NetworkRun": -1}
    training = trainer(**keys, NumRuns=2)
    training.result()
    shutil.rmtree(training.networks["Network"].entry.run_folder(1))
    study = trainer(**keys, NumRuns=3)
    shutil.rmtree(training.networks["Network"].entry.run_folder(1))
    assert study.result().n == 3


def test_a_run_is_not_resumed_with_another_teacher(student):
    stopped, watcher = student(), StopAfterEach(7)
    stopped.settings = dataclasses.replace(stopped.settings, watcher=watcher, requests=watcher.requests)
    with pytest.raises(StoppedError):
        stopped.result()
    change_weights(stopped.networks["Teacher"].entry)
    with pytest.raises(UnlikeNetworkError, match="before it was left"):
        student().result()
    assert "Teacher weights" in accepting(student()).result().unlike


def test_the_digest_of_random_weights_is_recorded(trainer):
    large = {"SyntheticSize": 32, "SyntheticSamples": 8, "BatchSize": 4, "NumEpochs": 1}
    training = trainer(**large, VanillaKD=True, Teacher="timm/test_resnet")
    training.result()
    digest = digest_of(build("timm/test_resnet", (3, 32, 32), 4, seed=0).network.state_dict())
    assert training.entry.run(0).provenance["made_from"]["Teacher"]["digest"] == digest
