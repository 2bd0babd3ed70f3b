"""Oracles: the update rules written out for one parameter."""

import math

import pytest
import torch
from torch import nn

from Arch.errors import ConfigError
from Arch.training.fit.optimizers import OPTIMIZERS
from Arch.training.fit.optimizers.adam import Adam, AdamW
from Arch.training.fit.optimizers.recipe import parameter_groups, weight_decay_of
from Arch.training.fit.optimizers.sgd import SGD

RATE, DECAY = 0.1, 0.5


def after(recipe, gradients, decay=DECAY):
    """Returns a parameter that starts at 2, after one step for each gradient."""
    parameter = nn.Parameter(torch.tensor([2.0]))
    optimizer = recipe.build([{"params": [parameter], "weight_decay": decay}])
    optimizer.param_groups[0]["lr"] = RATE
    for gradient in gradients:
        parameter.grad = torch.tensor([gradient])
        optimizer.step()
    return parameter.item()


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_adds_the_decay_to_the_gradient_and_has_momentum(nesterov):
    value, momentum = 2.0, 0.0
    for gradient in (1.0, -3.0, 0.5):
        decayed = gradient + DECAY * value
        momentum = 0.9 * momentum + decayed
        value -= RATE * (decayed + 0.9 * momentum if nesterov else momentum)
    assert after(SGD(0.9, nesterov), (1.0, -3.0, 0.5)) == pytest.approx(value, rel=1e-5)


def test_adam_adds_the_decay_to_the_gradient():
    value, mean, square = 2.0, 0.0, 0.0
    for t, gradient in enumerate((1.0, -3.0, 0.5), start=1):
        decayed = gradient + DECAY * value
        mean, square = 0.8 * mean + 0.2 * decayed, 0.7 * square + 0.3 * decayed**2
        value -= RATE * (mean / (1 - 0.8**t)) / (math.sqrt(square / (1 - 0.7**t)) + 1e-2)
    assert after(Adam(0.8, 0.7, 1e-2), (1.0, -3.0, 0.5)) == pytest.approx(value, rel=1e-5)


def test_adamw_shrinks_the_weight_apart_from_the_gradient():
    value, mean, square = 2.0, 0.0, 0.0
    for t, gradient in enumerate((1.0, -3.0, 0.5), start=1):
        mean, square = 0.8 * mean + 0.2 * gradient, 0.7 * square + 0.3 * gradient**2
        value *= 1 - RATE * DECAY
        value -= RATE * (mean / (1 - 0.8**t)) / (math.sqrt(square / (1 - 0.7**t)) + 1e-2)
    assert after(AdamW(0.8, 0.7, 1e-2), (1.0, -3.0, 0.5)) == pytest.approx(value, rel=1e-5)


def test_nesterov_without_momentum_is_refused():
    with pytest.raises(ConfigError, match="Momentum above 0"):
        SGD(0.0, nesterov=True).build([{"params": [nn.Parameter(torch.zeros(1))]}])


@pytest.mark.parametrize(("name", "customary"), [("SGD", 1e-4), ("Adam", 0.0), ("AdamW", 0.01)])
def test_minus_one_means_the_customary_decay(name, customary):
    assert weight_decay_of(OPTIMIZERS[name], -1.0) == customary
    assert weight_decay_of(OPTIMIZERS[name], 0.3) == 0.3
    assert weight_decay_of(OPTIMIZERS[name], 0.0) == 0.0


def test_any_other_negative_decay_is_refused():
    with pytest.raises(ConfigError, match=r"-0\.5"):
        weight_decay_of(SGD, -0.5)


def network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2))


def test_normalisation_and_biases_can_be_excluded_from_decay():
    net = network()
    weights, rest = parameter_groups([net], 0.3, decays_norm_and_bias=False)
    assert (weights["weight_decay"], rest["weight_decay"]) == (0.3, 0.0)
    assert {id(each) for each in weights["params"]} == {id(net[0].weight), id(net[3].weight)}
    assert {id(each) for each in rest["params"]} == {
        id(each) for each in (net[0].bias, net[1].weight, net[1].bias, net[3].bias)
    }


def test_all_parameters_decay_otherwise():
    (group,) = parameter_groups([network()], 0.3, decays_norm_and_bias=True)
    assert group["weight_decay"] == 0.3
    assert len(group["params"]) == 6


def test_frozen_parameters_are_in_no_group():
    net = network()
    net[0].requires_grad_(False)
    (group,) = parameter_groups([net], 0.3, decays_norm_and_bias=True)
    assert len(group["params"]) == 4
