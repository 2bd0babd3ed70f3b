"""Hostile networks are cut exactly or refused with a name, and left as they were."""

import copy
import re

import pytest
import torch
from torch import nn

import tests.models.hostile as hostile
from Arch.errors import ModelError
from Arch.models.imodel import IModel

# what each is cut into, told from its forward
CUT = [
    (hostile.Net, ["relu", "flatten"]),
    (hostile.ModuleTwice, ["relu", "relu_1", "flatten"]),
    (hostile.FunctionalRelu, ["relu", "relu_1", "flatten"]),
    (hostile.FunctionalReluInPlace, ["relu_1", "relu", "flatten"]),
    (hostile.FunctionalReluAtTheEnd, ["relu", "flatten"]),
    (hostile.FunctionalScalingAtTheStart, ["relu", "flatten"]),
    (hostile.FunctionalEverything, ["relu_1", "view"]),
    (hostile.Skip, ["add", "flatten"]),
    (hostile.SkipIntoRelu, ["relu_1", "flatten"]),
    (hostile.AnotherOrder, ["relu", "flatten"]),
    (hostile.SameNumbers, ["relu", "relu_1", "flatten"]),
    (hostile.Unused, ["relu", "flatten"]),
    (hostile.DropoutInTraining, ["relu", "flatten"]),
    (hostile.SoftmaxInEvaluation, ["relu", "flatten"]),
    (hostile.KeywordArgument, ["relu", "flatten"]),
    (hostile.InPlaceUnassigned, ["relu", "flatten"]),
    (hostile.TupleInside, ["relu", "flatten"]),
    (hostile.DecidesInside, ["relu", "flatten"]),
]
REFUSED = [
    (hostile.SkipToTheEnd, "SkipToTheEnd has no layer before its head"),
    (hostile.OtherLayersInTraining, "OtherLayersInTraining has other layers in training mode"),
    (hostile.DecidesByNumbers, "DecidesByNumbers: its forward cannot be traced: its control flow"),
    (hostile.WithoutGradients, "WithoutGradients: its forward cannot be traced: it switches gradients or"),
]


@pytest.mark.parametrize(("network", "names"), CUT, ids=lambda value: getattr(value, "__name__", ""))
def test_a_forward_of_its_own_is_cut_where_its_operations_say(network, names):
    model = IModel(network(), (1, 4, 4))
    assert model.obstacle == ""
    assert [layer.name for layer in model.layers] == names


@pytest.mark.parametrize("network", [network for network, _ in CUT], ids=lambda value: value.__name__)
@pytest.mark.parametrize("is_training", [True, False])
def test_its_layers_are_the_forward_for_a_batch_of_another_size(network, is_training, images):
    model = IModel(network().double(), (1, 4, 4)).train(is_training)
    x, seen = images(5, (1, 4, 4), torch.float64).requires_grad_(), []
    for forward in (copy.deepcopy(model).network, lambda x: model.trace(x).logits):
        torch.manual_seed(0)  # for dropout
        logits = forward(x)
        seen.append((logits, *torch.autograd.grad(logits.square().sum(), x)))
    assert all(torch.allclose(ours, theirs, atol=1e-12) for ours, theirs in zip(seen[1], seen[0], strict=True))


@pytest.mark.parametrize(("network", "reason"), REFUSED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_cannot_be_cut_says_why_and_still_gives_logits_and_features(network, reason, images):
    model, x = IModel(network(), (1, 4, 4)).eval(), images(3, (1, 4, 4))
    assert model.obstacle.startswith(reason)
    trace = model.trace(x, ["relu"])
    assert torch.equal(trace.logits, model.network(x))
    assert torch.equal(trace.features[0], torch.relu(model.network.bn(model.network.conv(x))))
    with pytest.raises(ModelError, match=re.escape(model.obstacle)):
        model.features(x)


def test_a_size_that_is_a_multiple_of_the_batch_stays_one(images):
    network = hostile.BatchSizeFromTheStart()
    model = IModel(network, (1, 4, 4))
    assert [layer.name for layer in model.layers] == ["relu", "relu_1", "reshape"]
    assert model.trace(images(7, (1, 4, 4))).logits.shape == (7, 3)


@pytest.mark.parametrize("network", [hostile.TupleOutput(), hostile.Nested(hostile.TupleOutput())])
def test_a_network_that_does_not_give_one_tensor_is_refused(network):
    with pytest.raises(ModelError, match=r"returns a tuple, not one tensor of logits|must be Tensor, not tuple"):
        IModel(network, (1, 4, 4))


def test_a_module_that_answers_differently_each_time_is_not_cut():
    class Counting(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    model = IModel(nn.Sequential(Counting(), nn.Flatten(), nn.Linear(16, 3)), (1, 4, 4))
    assert "1 (Flatten): the composition of its layers has other logits" in model.obstacle


def test_a_network_that_cannot_read_the_shape_is_refused_with_torchs_reason():
    with pytest.raises(ModelError, match=r"Net cannot read examples of shape \(2, 4, 4\): .*channels"):
        IModel(hostile.Net(), (2, 4, 4))


def test_wrapping_changes_neither_state_nor_mode_nor_generator():
    network = hostile.Net().train()
    network.bn.eval()
    before = copy.deepcopy(network.state_dict())
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    IModel(network, (1, 4, 4))
    assert torch.equal(torch.rand(2), expected)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert network.training
    assert not network.bn.training
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_buffer_that_the_forward_replaces_is_put_back():
    class Averaging(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(1))

        def forward(self, x):
            self.mean = 0.9 * self.mean + x.mean()
            return x

    layer = Averaging()
    buffer = layer.mean
    model = IModel(nn.Sequential(layer, nn.Flatten(), nn.Linear(16, 3)), (1, 4, 4))
    assert model.is_cut
    assert layer.mean is buffer
    assert buffer == 0
