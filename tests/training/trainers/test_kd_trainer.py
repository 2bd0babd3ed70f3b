"""Oracles: the teacher's own record, and losses written out."""

import dataclasses
import hashlib

import pytest
import torch

from Arch.datasets.normalization import Normalizer
from Arch.distillation.methods.cross_entropy import CrossEntropy
from Arch.distillation.methods.vanilla_kd import VanillaKD
from Arch.errors import DataError, ModelError, TrainingError
from Arch.training.networks import frozen
from Arch.training.networks.frozen import FrozenNetwork
from Arch.training.networks.trained import TrainedNetwork
from Arch.training.trainers import kd_trainer

DISTILLED = {"VanillaKD": True, "Teacher": "resnet8", "Temperature": 3.0, "LGLossWeight": 9.0, "CELossWeight": 0.5}


def test_the_objective_has_the_configs_terms_and_weights(trainer, data):
    training = trainer(**DISTILLED, NormalizeLogits=True, LabelSmoothing=0.1)
    objective = training.objective(training.load_dataset(), None)
    assert [(each.weight, each.term) for each in objective.terms] == [
        (0.5, CrossEntropy(0.1)),
        (9.0, VanillaKD(3.0, normalize_logits=True)),
    ]
    assert objective.teacher is not None


def test_training_on_labels_only_has_no_teacher(trainer):
    objective = trainer().objective(None, None)
    assert objective.names == ("CrossEntropy",)
    assert objective.teacher is None


@pytest.mark.parametrize("augments", [True, False])
def test_the_config_chooses_the_view_of_the_teacher(trainer, augments):
    training = trainer(**DISTILLED, DataAugmentation=True, CropPadding=1, AugmentTeacher=augments)
    assert training.objective(training.load_dataset(), None).augments_teacher is augments


def test_a_student_records_its_agreement_with_its_teacher(trainer):
    training = trainer(**DISTILLED)
    training.result()
    scores = training.entry.run(0).scores
    teacher = training.networks["Teacher"]
    assert scores["teacher_accuracy"] == teacher.run.scores["accuracy"]
    dataset = training.load_dataset()
    images = Normalizer.of(dataset.normalization, dataset.shape)(dataset.test.pixels)
    teacher_classes = teacher.load()(images).argmax(1)
    student_classes = TrainedNetwork(training.config, training.entry).load()(images).argmax(1)
    assert scores["agreement"] == (student_classes == teacher_classes).float().mean().item()


def test_a_run_records_its_teacher(trainer):
    training = trainer(**DISTILLED)
    training.result()
    teacher = training.networks["Teacher"].entry
    digest = hashlib.sha256(teacher.weights(0, "Last").read_bytes()).hexdigest()
    assert training.entry.run(0).provenance["made_from"] == {
        "Teacher": {"fingerprint": teacher.fingerprint, "run": 0, "weights": "Last", "digest": digest}
    }


def test_a_run_records_the_form_of_its_frozen_teacher(trainer):
    training = trainer(**DISTILLED)
    training.result()
    found = training.entry.run(0).provenance["frozen_teacher"]
    assert found == {"folded_norms": 1 + 3 * 2 + 2, "dtype": "float32", "notes": []}


def test_a_teacher_that_is_not_folded_is_in_the_log(trainer, monkeypatch):
    def another(network):
        raise ModelError("no")

    monkeypatch.setattr(frozen, "fold_batch_norm", another)
    training = trainer(**DISTILLED)
    training.result()
    note = "the frozen resnet8 is not folded, but used as it is: ModelError: no"
    assert note in (training.entry.run_folder(0) / "log.txt").read_text()
    assert training.entry.run(0).provenance["frozen_teacher"]["notes"] == [note]


def test_a_teacher_is_compared_on_normalised_images_of_the_dataset(trainer, monkeypatch):
    seen = []
    monkeypatch.setattr(kd_trainer, "FrozenNetwork", lambda network, engine, images, shown: seen.append(images))
    training = trainer(**DISTILLED)
    training.objective(training.load_dataset(), None)
    data = training.load_dataset()
    every = Normalizer.of(data.normalization, data.shape)(data.train.pixels)
    assert seen[0].shape == (32, 3, 4, 4)
    assert all((every == image).flatten(1).all(1).any() for image in seen[0])


def test_the_teacher_computes_the_test_logits_once_for_all_epochs_and_runs(trainer, monkeypatch):
    seen = []
    original = FrozenNetwork.trace

    def counted(self, images):
        seen.append(len(images))
        return original(self, images)

    monkeypatch.setattr(FrozenNetwork, "trace", counted)
    trainer(**DISTILLED, NumEpochs=3, NumRuns=2).result()
    training, test = 2 * 3 * 65, 65 // 4
    assert sum(seen) == training + test


def test_a_student_learns_to_agree_with_its_teacher(trainer, tiny):
    keys = {**DISTILLED, "UseCELoss": False, "NumEpochs": 30, "Teacher": {**tiny, "Seed": 5}}
    del keys["CELossWeight"]
    training = trainer(**keys)
    training.result()
    epochs = training.entry.run(0).epochs
    assert epochs[-1].test["kl_to_teacher"] < 0.2 * epochs[0].test["kl_to_teacher"]


def test_a_teacher_other_than_that_of_the_config_is_refused(trainer):
    training = trainer(**DISTILLED)
    training.networks = {"Teacher": dataclasses.replace(training.networks["Teacher"], entry=training.entry)}
    with pytest.raises(TrainingError, match=training.config["Teacher"]):
        training.result()


def test_a_missing_teacher_is_named(trainer):
    training = trainer(**DISTILLED)
    training.networks = {}
    with pytest.raises(TrainingError, match="the trainer was given no network"):
        training.result()


@pytest.mark.parametrize(
    ("keys", "message"),
    [({"SyntheticSize": 5}, "shape"), ({"SyntheticClasses": 3}, "classes"), ({"SyntheticChannels": 1}, "shape")],
)
def test_a_teacher_for_other_images_or_classes_is_refused(trainer, tiny, keys, message):
    training = trainer(**{**DISTILLED, "Teacher": {**tiny, **keys}})
    with pytest.raises(DataError, match=message):
        training.result()
    assert training.entry.work(0).failure().error == "DataError"
    assert training.entry.run_indices() == ()


def test_a_teacher_of_other_data_of_the_same_name_is_refused(trainer):
    training = trainer(**DISTILLED)
    other = dataclasses.replace(training.load_dataset(), digest="e" * 64)
    with pytest.raises(DataError, match="those of the teacher"):
        training.objective(other, None)


def test_a_teacher_may_be_trained_on_another_dataset_of_the_same_kind(trainer, tiny):
    keys = {"Normalization": "None"}
    training = trainer(**{**DISTILLED, **keys, "Teacher": {**tiny, **keys, "SyntheticSamples": 40}})
    assert training.result().n == 1


@pytest.mark.parametrize("keys", [{"Normalization": "Elementwise"}, {"SyntheticSamples": 40}])
def test_a_teacher_with_another_normalisation_keeps_its_accuracy(trainer, tiny, keys):
    training = trainer(**{**DISTILLED, "SyntheticSamples": 65, "Teacher": {**tiny, **keys}})
    data, teacher = training.load_dataset(), training.networks["Teacher"]
    own = Normalizer.of(teacher.normalization(training.settings.data), data.shape)
    with torch.no_grad():
        hits = teacher.load()(own(data.test.pixels)).argmax(1) == data.test.labels
    assert training.result().scores[0]["teacher_accuracy"] == pytest.approx(hits.float().mean().item())


def test_a_missing_split_is_refused(trainer):
    training = trainer()
    with pytest.raises(DataError, match="Validation above 0"):
        training.evaluate(None, training.load_dataset(), "validation")


def test_distillation_works_in_bfloat16(trainer):
    scores = trainer(**DISTILLED, Model="resnet8", Precision="bfloat16").result().scores[0]
    assert all(torch.isfinite(torch.tensor(list(scores.values()))))
