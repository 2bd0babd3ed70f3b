"""Forwards that write in place: into intermediate values, buffers and parameters."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from Arch.models.imodel import IModel
from tests.models.unusual_forwards import Net

SHAPE = (1, 4, 4)


class Slice(Net):
    def forward(self, x):
        h = F.gelu(self.bn(self.conv(x)))
        h[:, 0] *= 2
        h[:, 1] = 0.5
        return self.fc(self.flatten(h))


class Mask(Net):
    def forward(self, x):
        h = self.bn(self.conv(x))
        h[h < 0] = -1
        return self.fc(self.flatten(self.relu(h)))


class Shift(Net):
    def forward(self, x):
        h = F.gelu(self.bn(self.conv(x)))
        h += 1
        h -= 3 * h.mean(0)
        h /= 2
        return self.fc(self.flatten(h))


class Alias(Net):
    """A sum in place is seen through every name of the tensor."""

    def forward(self, x):
        h = F.gelu(self.bn(self.conv(x)))
        view = h.flatten(1)
        h += 1
        return self.fc(view)


class Tracked(Net):
    """Moves a mean of its own while it trains."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(2))

    def forward(self, x):
        h = self.relu(self.bn(self.conv(x)))
        if self.training:
            self.mean.mul_(0.9).add_(h.detach().mean((0, 2, 3)), alpha=0.1)
        return self.fc(self.flatten(h - self.mean[:, None, None]))


class Clipped(Net):
    def forward(self, x):
        self.conv.weight.data.clamp_(-0.1, 0.1)
        return super().forward(x)


CUT = [
    (Slice, ["gelu", "flatten"]),
    (Mask, ["relu", "flatten"]),
    (Shift, ["gelu", "flatten"]),
    (Alias, ["gelu"]),  # what is flattened is not yet what the head reads
    (Tracked, ["relu", "flatten"]),
]


@pytest.mark.parametrize(("network", "names"), CUT)
@pytest.mark.parametrize("is_training", [True, False])
def test_layers_include_the_forwards_in_place_writes(network, names, is_training, images):
    model = IModel(network().double(), SHAPE).train(is_training)
    assert (model.obstacle, [layer.name for layer in model.layers]) == ("", names)
    x, seen = images(5, SHAPE, torch.float64).requires_grad_(), []
    twin = copy.deepcopy(model)
    for each, forward in ((twin, twin.network), (model, lambda x: model.trace(x, [0]).logits)):
        logits = forward(x)
        wanted = [x, *each.network.conv.parameters(), *each.network.fc.parameters()]
        gradients = torch.autograd.grad(logits.square().sum(), wanted, allow_unused=True)
        seen.append((logits, *(each for each in gradients if each is not None), *each.buffers()))
    assert all(torch.allclose(ours, theirs, atol=1e-12) for ours, theirs in zip(seen[1], seen[0], strict=True))


def test_a_running_mean_in_a_buffer_is_updated_once(images):
    model, x = IModel(Tracked(), SHAPE).train(), images(3, SHAPE)
    (feature,) = model.trace(x, ["relu"]).features
    assert torch.allclose(model.network.mean, 0.1 * feature.mean((0, 2, 3)))


def test_a_feature_that_is_later_added_to_in_place_is_captured_unchanged(images):
    class Residual(Net):
        def forward(self, x):
            h = self.relu(self.bn(self.conv(x)))
            h += torch.tanh(h)  # which destroys what relu's own gradient needs
            return self.fc(self.flatten(h))

    model, x = IModel(Residual(), SHAPE).eval(), images(3, SHAPE)
    relu, logits = torch.relu(model.network.bn(model.network.conv(x))), model.network(x)
    trace = model.trace(x, ["relu"])
    assert torch.equal(trace.features[0], relu)
    assert torch.equal(trace.logits, logits)
    for result in (logits, trace.logits):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            result.sum().backward()


def test_a_feature_that_is_later_written_through_data_is_captured_unchanged(images):
    class Data(Net):
        def forward(self, x):
            h = self.relu(self.bn(self.conv(x)))
            h.data.mul_(2)
            return self.fc(self.flatten(h))

    model, x = IModel(Data(), SHAPE).eval(), images(3, SHAPE)
    trace = model.trace(x, ["relu"])
    assert torch.equal(trace.features[0], torch.relu(model.network.bn(model.network.conv(x))))
    assert torch.equal(trace.logits, model.network(x))


def test_a_forward_that_writes_to_its_parameters_is_not_cut_and_they_are_restored():
    network = Clipped()
    weight = network.conv.weight.detach().clone()
    assert weight.abs().max() > 0.1
    assert "has other logits than the network. A forward with" in IModel(network, SHAPE).obstacle
    assert torch.equal(network.conv.weight, weight)


def test_parameters_that_a_forward_freezes_are_unfrozen_after_wrapping():
    class Freezing(Net):
        def forward(self, x):
            self.conv.weight.requires_grad_(requires_grad=False)
            return super().forward(x)

    network = Freezing()
    assert "has other gradients" in IModel(network, SHAPE).obstacle
    assert all(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("mode", [True, False])
def test_a_network_that_counts_its_calls_in_a_buffer_is_not_cut(mode):
    class Counting(Net):
        def __init__(self):
            super().__init__()
            self.register_buffer("count", torch.zeros(()))

        def forward(self, x):
            if self.training is mode:
                self.count += 1
            return super().forward(x)

    network = Counting()
    assert "has other buffers" in IModel(network, SHAPE).obstacle
    assert network.count == 0


def test_a_module_that_the_first_call_creates_is_removed_after_wrapping(images):
    class Building(Net):
        def __init__(self):
            super().__init__()
            self.extra = None

        def forward(self, x):
            if self.extra is None:
                self.extra = nn.Linear(32, 32)
            return self.fc(self.extra(self.flatten(self.relu(self.conv(x)))))

    network = Building()
    names = list(network.state_dict())
    model = IModel(network, SHAPE)
    assert model.obstacle.startswith("Building: its forward cannot be traced: module is not installed")
    assert list(network.state_dict()) == names
    assert model.trace(images(2, SHAPE), ["relu"]).features[0].shape == (2, 2, 4, 4)
