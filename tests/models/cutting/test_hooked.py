"""Networks that cannot be cut: features captured by hooks."""

import pytest
import torch
from torch import nn

from Arch.errors import ModelError, UnknownNameError
from Arch.models.imodel import IModel


class Deciding(nn.Module):
    """Two blocks in a list and a decision by numbers between them and the head."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(inplace=True))
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(2, 2, 1), nn.Tanh()), Twice()])
        self.pair, self.flatten, self.fc = Pair(), nn.Flatten(), nn.Linear(32, 3)
        self.ran = []

    def forward(self, x):
        h = self.blocks[0](self.stem(x))
        self.ran.append("first")
        h = self.blocks[1](h)
        self.ran.append("second")
        one, other = self.pair(h)
        return self.fc(self.flatten(one if one.sum() > 0 else other))


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(x) + self.relu(-x)


class Pair(nn.Module):
    def forward(self, x):
        return x, -x


@pytest.fixture
def model():
    torch.manual_seed(0)
    return IModel(Deciding(), (1, 4, 4)).eval()


@pytest.fixture
def x(images):
    return images(3, (1, 4, 4))


def test_its_layers_are_non_linearities_flattenings_and_blocks_in_lists(model):
    assert [layer.name for layer in model.layers] == ["stem.1", "blocks.0.1", "blocks.1", "flatten"]
    assert [layer.shape for layer in model.layers] == [(2, 4, 4), (2, 4, 4), (2, 4, 4), (32,)]


def test_the_obstacle_names_the_network_and_says_why(model):
    assert not model.is_cut
    assert model.obstacle.startswith(
        "Deciding: its forward cannot be traced: its control flow depends on computed values"
    )


def test_features_come_in_the_requested_order_by_index_or_module_name(model, x):
    trace = model.trace(x, [-1, "stem", "blocks.0.0", 0])
    stem = torch.relu(model.network.stem[0](x))
    assert torch.equal(trace.features[1], stem)
    assert torch.equal(trace.features[3], stem)
    assert torch.equal(trace.features[2], model.network.blocks[0][0](stem))
    assert torch.equal(trace.logits, model.network.fc(trace.features[0]))


def test_tapping_stops_the_network_after_the_last_requested_module(model, x):
    model.network.ran.clear()
    model.tap(x, ["blocks.0.1", "stem"])
    assert model.network.ran == []
    model.tap(x, [2])
    assert model.network.ran == ["first"]


def test_the_input_of_an_in_place_non_linearity_is_captured_unchanged(model, x):
    (before,) = model.tap(x, ["stem.1"], before_activation=True)
    assert torch.equal(before, model.network.stem[0](x))
    assert before.min() < 0


@pytest.mark.parametrize("ask", ["head", "backbone"])
def test_attributes_that_need_a_cut_raise_the_obstacle(model, ask):
    with pytest.raises(ModelError, match=r"Deciding cannot be cut, so it has no head.*its forward cannot be"):
        getattr(model, ask)


@pytest.mark.parametrize(
    "call", [lambda m, x: m.features(x), lambda m, x: m.classify(x), lambda m, x: m.trace(x, start=1)]
)
def test_methods_that_need_a_cut_raise_the_obstacle(model, x, call):
    with pytest.raises(ModelError, match="cannot be cut"):
        call(model, x)


def test_a_module_that_returns_no_tensor_is_refused_by_name(model, x):
    with pytest.raises(ModelError, match="pair of Deciding returned a tuple"):
        model.trace(x, ["pair"])


def test_an_unknown_name_is_refused_with_the_nearest(model, x):
    with pytest.raises(UnknownNameError, match=r"no layer of Deciding named 'flaten'. Did you mean 'flatten'"):
        model.trace(x, ["flaten"])


def test_layers_that_are_not_a_list_are_refused(model, x):
    with pytest.raises(ModelError, match="Deciding must be given as a list of indices or names, not as 'stem'"):
        model.trace(x, "stem")


def test_hooks_are_removed_and_gradients_flow(model, x):
    model.trace(x, [0, 1]).features[1].sum().backward()
    assert model.network.stem[0].weight.grad.any()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
