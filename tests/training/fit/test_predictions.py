"""Oracle: the network applied to each sample on its own."""

import pytest
import torch

from Arch.datasets.data import Split
from Arch.datasets.normalization import Normalizer
from Arch.models.build import build
from Arch.training.engine import Engine
from Arch.training.fit.predictions import logits_of, network_logits, scores


@pytest.fixture
def normalizer(data):
    return Normalizer.of(data.normalization, data.shape)


def test_every_sample_is_predicted_also_in_the_short_last_batch(data, normalizer, engine):
    repeated = torch.arange(65).repeat(9)  # 585 samples: two full batches and one of 73
    split = Split(data.train.pixels[repeated], data.train.labels[repeated], repeated)
    network = build("MLP", data.shape, 4, seed=0, widths=(8,), dropout=0.5)
    found = network_logits(network, split, normalizer, engine)
    one_by_one = torch.cat([network.eval()(normalizer(data.train.pixels[i : i + 1])) for i in range(65)])
    torch.testing.assert_close(found, one_by_one[repeated], rtol=1e-4, atol=1e-5)


def test_the_mode_of_the_network_is_restored(data, normalizer, engine):
    network = build("resnet8", data.shape, 4, seed=0, batch_norm=True).train()
    before = network.state_dict()["bn1.running_mean"].clone()
    network_logits(network, data.test, normalizer, engine)
    assert network.training
    torch.testing.assert_close(network.state_dict()["bn1.running_mean"], before, rtol=0, atol=0)


def test_the_engine_sets_the_batch_size(data, normalizer, engine):
    sizes = []

    def network(images):
        sizes.append(len(images))
        return torch.zeros(len(images), 4)

    repeated = torch.arange(65).repeat(9)
    split = Split(data.train.pixels[repeated], data.train.labels[repeated], repeated)
    logits_of(network, split, normalizer, engine)
    assert sizes == [256, 256, 73]


def test_scores_with_a_teacher_compare_the_student_with_it():
    logits = torch.tensor([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [0.0, 2.0]])
    teacher = torch.tensor([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    found = scores(logits, torch.tensor([0, 1, 1, 0]), teacher)
    assert found["accuracy"] == 0.5
    assert found["agreement"] == 0.75
    assert found["teacher_accuracy"] == 0.25
    assert found["kl_to_teacher"] == pytest.approx(0.25 * 2 * (2 * 0.8807970779778823 - 1))
    assert set(found) == {"accuracy", "nll", "ece", "agreement", "kl_to_teacher", "teacher_accuracy"}


def test_scores_without_a_teacher_use_the_labels_only():
    assert set(scores(torch.zeros(2, 2), torch.tensor([0, 1]))) == {"accuracy", "nll", "ece"}


def test_on_a_cpu_splits_are_not_copied(data, engine):
    placed = engine.place_data(data)
    assert placed.train is data.train
    assert placed.test is data.test


def test_a_streamed_split_gives_the_same_logits(data, engine, monkeypatch):
    normalizer = Normalizer.of(data.normalization, data.shape)
    expected = logits_of(lambda images: images.flatten(1), data.train, normalizer, engine)
    monkeypatch.setattr(Engine, "streams", lambda self, split: True)
    assert torch.equal(logits_of(lambda images: images.flatten(1), data.train, normalizer, engine), expected)
