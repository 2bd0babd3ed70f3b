"""Oracle: accuracies chosen so that the best epoch is known."""

import pytest
import torch
from torch import nn

from Arch.training.fit.best import BestEpoch
from Arch.types import Epoch


def observed(split, accuracies):
    """A BestEpoch that observed these (validation, test) accuracies; the weight of each epoch is its number."""
    best, network = BestEpoch(split), nn.Linear(1, 1, bias=False)
    for number, (validation, test) in enumerate(accuracies, start=1):
        nn.init.constant_(network.weight, number)
        validation_scores = {} if validation is None else {"accuracy": validation}
        best.observe(Epoch(number, {}, {"accuracy": test}, validation_scores, 0.1, 1.0), network)
    nn.init.constant_(network.weight, 99)
    return best


ACCURACIES = [(0.5, 0.6), (0.7, 0.5), (0.7, 0.9), (0.6, 0.8)]


def test_the_validation_split_chooses_the_epoch_whose_test_accuracy_is_reported():
    best = observed("validation", ACCURACIES)
    assert best.scores() == {"best_accuracy": 0.5, "best_epoch": 2.0}
    torch.testing.assert_close(best.weights["weight"], torch.tensor([[2.0]]))


def test_a_choice_on_the_test_split_is_recorded():
    best = observed("test", ACCURACIES)
    assert best.scores() == {"best_accuracy": 0.9, "best_epoch": 3.0, "selected_on_test": 1.0}
    torch.testing.assert_close(best.weights["weight"], torch.tensor([[3.0]]))


def test_nothing_is_chosen_without_a_split():
    best = observed(None, [(None, 0.5)])
    assert best.scores() == {}
    assert not best.weights


@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_epoch_without_evaluation_cannot_be_the_best(split):
    best = BestEpoch(split)
    best.observe(Epoch(1, {}, {}, {}, 0.1, 1.0), nn.Linear(1, 1))
    assert best.scores() == {}


@pytest.mark.parametrize("accuracy", [0.65, 0.75])
def test_a_restored_choice_continues_unchanged(accuracy):
    epochs = [Epoch(number, {}, {"accuracy": 0.5}, {"accuracy": a}, 0.1, 1.0) for number, a in enumerate((0.7, 0.6), 1)]
    network, whole, again = nn.Linear(1, 1, bias=False), BestEpoch("validation"), BestEpoch("validation")
    for epoch in epochs:
        nn.init.constant_(network.weight, epoch.number)
        whole.observe(epoch, network)
    again.load(whole.state(), epochs)
    later = Epoch(3, {}, {"accuracy": 0.4}, {"accuracy": accuracy}, 0.1, 1.0)
    nn.init.constant_(network.weight, 3)
    again.observe(later, network)
    assert again.scores()["best_epoch"] == (3.0 if accuracy > 0.7 else 1.0)
    assert again.weights["weight"].item() == (3.0 if accuracy > 0.7 else 1.0)


def test_a_choice_without_epochs_can_be_restored():
    again = BestEpoch("validation")
    again.load(BestEpoch("validation").state(), [])
    assert again.scores() == {}
