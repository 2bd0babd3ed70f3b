"""Networks with an unusual forward are cut exactly or refused with the reason, and their state is restored."""

import copy
import re

import pytest
import torch
from torch import nn

import tests.models.unusual_forwards as unusual_forwards
from Arch.errors import ModelError
from Arch.models.imodel import IModel

# the layers of each network, by hand from its forward
CUT = [
    (unusual_forwards.Net, ["relu", "flatten"]),
    (unusual_forwards.ModuleTwice, ["relu", "relu_1", "flatten"]),
    (unusual_forwards.FunctionalRelu, ["relu", "relu_1", "flatten"]),
    (unusual_forwards.FunctionalReluInPlace, ["relu_1", "relu", "flatten"]),
    (unusual_forwards.FunctionalReluAtTheEnd, ["relu", "flatten"]),
    (unusual_forwards.FunctionalScalingAtTheStart, ["relu", "flatten"]),
    (unusual_forwards.FunctionalEverything, ["relu_1", "view"]),
    (unusual_forwards.Skip, ["add", "flatten"]),
    (unusual_forwards.SkipIntoRelu, ["relu_1", "flatten"]),
    (unusual_forwards.AnotherOrder, ["relu", "flatten"]),
    (unusual_forwards.SameNumbers, ["relu", "relu_1", "flatten"]),
    (unusual_forwards.Unused, ["relu", "flatten"]),
    (unusual_forwards.DropoutInTraining, ["relu", "flatten"]),
    (unusual_forwards.SoftmaxInEvaluation, ["relu", "flatten"]),
    (unusual_forwards.KeywordArgument, ["relu", "flatten"]),
    (unusual_forwards.InPlaceUnassigned, ["relu", "flatten"]),
    (unusual_forwards.TupleInside, ["relu", "flatten"]),
    (unusual_forwards.DecidesInside, ["relu", "flatten"]),
]
REFUSED = [
    (unusual_forwards.SkipToTheEnd, "SkipToTheEnd has no layer before its head"),
    (unusual_forwards.OtherLayersInTraining, "OtherLayersInTraining has other layers in training mode"),
    (unusual_forwards.DecidesByNumbers, "DecidesByNumbers: its forward cannot be traced: its control flow"),
    (unusual_forwards.WithoutGradients, "WithoutGradients: its forward cannot be traced: it switches gradients or"),
]


@pytest.mark.parametrize(("network", "names"), CUT, ids=lambda value: getattr(value, "__name__", ""))
def test_an_unusual_forward_is_cut_at_its_operations(network, names):
    model = IModel(network(), (1, 4, 4))
    assert model.obstacle == ""
    assert [layer.name for layer in model.layers] == names


@pytest.mark.parametrize("network", [network for network, _ in CUT], ids=lambda value: value.__name__)
@pytest.mark.parametrize("is_training", [True, False])
def test_layers_compose_to_the_forward_for_another_batch_size(network, is_training, images):
    model = IModel(network().double(), (1, 4, 4)).train(is_training)
    x, seen = images(5, (1, 4, 4), torch.float64).requires_grad_(), []
    for forward in (copy.deepcopy(model).network, lambda x: model.trace(x).logits):
        torch.manual_seed(0)  # for dropout
        logits = forward(x)
        seen.append((logits, *torch.autograd.grad(logits.square().sum(), x)))
    assert all(torch.allclose(ours, theirs, atol=1e-12) for ours, theirs in zip(seen[1], seen[0], strict=True))


@pytest.mark.parametrize(("network", "reason"), REFUSED, ids=lambda value: getattr(value, "__name__", ""))
def test_an_uncut_network_gives_the_reason_and_still_logits_and_features(network, reason, images):
    model, x = IModel(network(), (1, 4, 4)).eval(), images(3, (1, 4, 4))
    assert model.obstacle.startswith(reason)
    trace = model.trace(x, ["relu"])
    assert torch.equal(trace.logits, model.network(x))
    assert torch.equal(trace.features[0], torch.relu(model.network.bn(model.network.conv(x))))
    with pytest.raises(ModelError, match=re.escape(model.obstacle)):
        model.features(x)


def test_a_multiple_of_the_batch_size_holds_for_other_batch_sizes(images):
    network = unusual_forwards.BatchSizeFromTheStart()
    model = IModel(network, (1, 4, 4))
    assert [layer.name for layer in model.layers] == ["relu", "relu_1", "reshape"]
    assert model.trace(images(7, (1, 4, 4))).logits.shape == (7, 3)


@pytest.mark.parametrize("is_nested", [True, False])
def test_a_network_that_does_not_return_one_tensor_is_refused(is_nested):
    network = unusual_forwards.TupleOutput()
    with pytest.raises(ModelError, match=r"returns a tuple, not one tensor of logits|must be Tensor, not tuple"):
        IModel(unusual_forwards.Nested(network) if is_nested else network, (1, 4, 4))


def test_a_module_with_another_result_at_each_call_is_not_cut():
    class Counting(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    model = IModel(nn.Sequential(Counting(), nn.Flatten(), nn.Linear(16, 3)), (1, 4, 4))
    assert "1 (Flatten): the composition of its layers has other logits" in model.obstacle


def test_a_network_that_cannot_read_the_shape_is_refused_with_torchs_reason():
    with pytest.raises(ModelError, match=r"Net cannot read examples of shape \(2, 4, 4\): .*channels"):
        IModel(unusual_forwards.Net(), (2, 4, 4))


def test_wrapping_changes_neither_state_nor_mode_nor_generator():
    network = unusual_forwards.Net().train()
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


def test_a_buffer_that_the_forward_replaces_is_restored():
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
