"""Oracle: accuracies chosen so that the best epoch is known."""

import pytest
import torch
from torch import nn

from Arch.training.fit.best import BestEpoch
from Arch.types import Epoch


def watched(split, accuracies):
    """A best epoch that saw epochs with these (validation, test) accuracies; the weight was the epoch's number."""
    best, network = BestEpoch(split), nn.Linear(1, 1, bias=False)
    for number, (validation, test) in enumerate(accuracies, start=1):
        nn.init.constant_(network.weight, number)
        seen = {} if validation is None else {"accuracy": validation}
        best.observe(Epoch(number, {}, {"accuracy": test}, seen, 0.1, 1.0), network)
    nn.init.constant_(network.weight, 99)
    return best


ACCURACIES = [(0.5, 0.6), (0.7, 0.5), (0.7, 0.9), (0.6, 0.8)]


def test_the_best_epoch_is_chosen_on_the_validation_split_and_told_by_its_test_accuracy():
    best = watched("validation", ACCURACIES)
    assert best.scores() == {"best_accuracy": 0.5, "best_epoch": 2.0}
    torch.testing.assert_close(best.weights["weight"], torch.tensor([[2.0]]))


def test_choosing_on_the_test_set_says_so():
    best = watched("test", ACCURACIES)
    assert best.scores() == {"best_accuracy": 0.9, "best_epoch": 3.0, "selected_on_test": 1.0}
    torch.testing.assert_close(best.weights["weight"], torch.tensor([[3.0]]))


def test_nothing_is_chosen_without_a_split():
    best = watched(None, [(None, 0.5)])
    assert best.scores() == {}
    assert not best.weights


@pytest.mark.parametrize("split", ["validation", "test"])
def test_an_epoch_that_was_not_evaluated_cannot_be_the_best(split):
    best = BestEpoch(split)
    best.observe(Epoch(1, {}, {}, {}, 0.1, 1.0), nn.Linear(1, 1))
    assert best.scores() == {}


@pytest.mark.parametrize("accuracy", [0.65, 0.75])
def test_a_choice_goes_on_where_it_was(accuracy):
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


def test_a_choice_that_nothing_was_seen_of_goes_on_as_such():
    again = BestEpoch("validation")
    again.load(BestEpoch("validation").state(), [])
    assert again.scores() == {}
