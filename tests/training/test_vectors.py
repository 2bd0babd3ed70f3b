"""Runs on vectors instead of images. Oracle: the network applied by hand.

`test_resume` has the cases in which such runs are interrupted and resumed.
"""

import pytest

from Arch.errors import DataError
from Arch.training.networks.trained import TrainedNetwork

SPIRALS = {"Dataset": "Spirals", "SpiralsClasses": 3, "SpiralsRadii": 40, "MLPWidths": [32]}
TEACHER = {**SPIRALS, "Model": "MLP", "BatchSize": 16, "NumEpochs": 3}


def by_hand(training):
    """Returns the last weights' logits for the test points, normalised by the training points, and the labels."""
    data = training.load_dataset()
    points, test = data.train.pixels.double(), data.test.pixels.double()
    mean, std = points.mean(dim=0), points.std(dim=0, correction=0)
    return TrainedNetwork(training.config, training.entry).load()(((test - mean) / std).float()), data.test.labels


def test_a_network_is_trained_on_vectors(trainer):
    training = trainer(**SPIRALS, NumEpochs=20)
    training.result()
    run = training.entry.run(0)
    logits, labels = by_hand(training)
    assert run.scores["accuracy"] == pytest.approx((logits.argmax(1) == labels).float().mean().item())
    assert run.epochs[-1].train["loss"] < 0.8 * run.epochs[0].train["loss"]
    assert run.provenance["input_shape"] == [2, 1, 1]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_teacher_is_distilled_on_vectors(trainer, precision):
    training = trainer(**SPIRALS, VanillaKD=True, Teacher={**TEACHER, "Precision": precision}, Precision=precision)
    training.result()
    scores = training.entry.run(0).scores
    assert scores["teacher_accuracy"] == pytest.approx(training.networks["Teacher"].run.scores["accuracy"], abs=0.02)
    assert 0 <= scores["kl_to_teacher"] < 5


def test_a_config_that_would_crop_vectors_is_refused(trainer):
    with pytest.raises(DataError, match=r"a sample of Spirals is a vector of 2 numbers, .*switch DataAugmentation off"):
        trainer(**SPIRALS, DataAugmentation=True).result()
