"""Oracle: the recurrence, written out."""

import pytest
import torch
from torch import nn

from Arch.training.fit.averaging import WeightAverage


def set_all(network, value):
    for parameter in network.parameters():
        nn.init.constant_(parameter, value)


def test_the_average_starts_at_the_first_weights_and_then_decays():
    network = nn.Linear(2, 1)
    average = WeightAverage(network, 0.8)
    expected = None
    for value in (1.0, 5.0, -2.0):
        set_all(network, value)
        average.update()
        expected = value if expected is None else 0.8 * expected + 0.2 * value
    assert average.network.weight.flatten().tolist() == pytest.approx([expected] * 2)


def test_running_statistics_are_averaged_and_counters_copied():
    network = nn.BatchNorm1d(1)
    average = WeightAverage(network, 0.5)
    for value, count in ((1.0, 3), (3.0, 4)):
        network.running_mean.fill_(value)
        network.num_batches_tracked.fill_(count)
        average.update()
    assert average.network.running_mean.item() == 2.0
    assert average.network.num_batches_tracked.item() == 4


def test_the_average_is_a_separate_network_that_is_not_trained():
    network = nn.Linear(2, 1)
    average = WeightAverage(network, 0.5)
    average.update()
    before = average.network.weight.clone()
    set_all(network, 7.0)
    torch.testing.assert_close(average.network.weight, before)
    assert not any(parameter.requires_grad for parameter in average.network.parameters())
    assert not average.network.training
