"""Hostile networks are refused with the module's name, harmless ones are left as they were."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from Arch.errors import ModelError
from Arch.models.imodel import IModel


class Net(nn.Module):
    """conv, bn, relu, flatten, fc on (1, 4, 4), for subclasses to call in a way of their own."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.bn = nn.BatchNorm2d(2)
        self.relu = nn.ReLU()
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(32, 3)

    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(self.conv(x)))))


class ModuleTwice(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(self.relu(self.conv(x))))))


class FunctionalRelu(Net):
    def forward(self, x):
        return self.fc(self.flatten(F.relu(self.relu(self.bn(self.conv(x))) - 1)))


class FunctionalReluInPlace(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(F.relu_(self.conv(x))))))


class FunctionalReluAtTheEnd(Net):
    def forward(self, x):
        return F.relu(super().forward(x))


class FunctionalScalingAtTheStart(Net):
    def forward(self, x):
        return super().forward(2 * x)


class Skip(Net):
    def forward(self, x):
        h = self.conv(x)
        return self.fc(self.flatten(self.relu(self.bn(h)) + h))


class AnotherOrder(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.bn(self.relu(self.conv(x)))))


class SameNumbers(Net):
    def forward(self, x):
        return self.fc(self.flatten(F.relu(self.relu(self.bn(self.conv(x))))))


class Unused(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.conv(x))))


class DropoutInTraining(Net):
    def forward(self, x):
        return self.fc(F.dropout(self.flatten(self.relu(self.bn(self.conv(x)))), training=self.training))


class SoftmaxInEvaluation(Net):
    def forward(self, x):
        logits = super().forward(x)
        return logits if self.training else logits.softmax(1)


class KeywordArgument(Net):
    def forward(self, x):
        return self.fc(self.flatten(self.relu(self.bn(input=self.conv(x)))))


class TupleOutput(Net):
    def forward(self, x):
        return super().forward(x), x


class Nested(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.stem = nn.Sequential(nn.Identity(), inner)
        self.fc2 = nn.Linear(3, 3)

    def forward(self, x):
        return self.fc2(self.stem(x))


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (ModuleTwice(), "ModuleTwice calls relu 2 times, not once"),
        (FunctionalRelu(), "FunctionalRelu gives flatten something other than what relu returned"),
        (FunctionalReluInPlace(), "FunctionalReluInPlace gives bn something other than what conv returned"),
        (FunctionalReluAtTheEnd(), "FunctionalReluAtTheEnd returns something other than what fc returned"),
        (FunctionalScalingAtTheStart(), "FunctionalScalingAtTheStart gives conv something other than the input"),
        (Skip(), "Skip gives flatten something other than what relu returned"),
        (AnotherOrder(), "AnotherOrder gives bn something other than what conv returned"),
        (SameNumbers(), "SameNumbers gives flatten something other than what relu returned"),
        (Unused(), "Unused calls bn 0 times, not once"),
        (DropoutInTraining(), "DropoutInTraining gives fc something other than what flatten returned"),
        (SoftmaxInEvaluation(), "SoftmaxInEvaluation returns something other than what fc returned"),
        (KeywordArgument(), "KeywordArgument gives bn something other than one tensor"),
        (TupleOutput(), "TupleOutput cannot read images of shape .* it returns a tuple"),
        (Nested(Skip()), r"stem.1 \(Skip\) gives stem.1.flatten something other than what stem.1.relu returned"),
        (Nested(TupleOutput()), "Nested cannot read images"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_a_network_that_is_not_its_children_in_order_is_refused(network, reason):
    with pytest.raises(ModelError, match=reason):
        IModel(network, (1, 4, 4))


def test_a_child_that_returns_a_tuple_is_named():
    class Twin(nn.Module):
        def forward(self, x):
            return x, x

    class Unpacking(Net):
        def __init__(self):
            super().__init__()
            self.relu = Twin()

        def forward(self, x):
            return self.fc(self.flatten(self.relu(self.bn(self.conv(x)))[0]))

    with pytest.raises(ModelError, match=r"relu \(Twin\) returns something other than one tensor"):
        IModel(Unpacking(), (1, 4, 4))


def test_a_module_that_answers_differently_each_time_is_refused():
    class Counting(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

    with pytest.raises(ModelError, match="its modules in order give other logits"):
        IModel(nn.Sequential(Counting(), nn.Flatten(), nn.Linear(16, 3)), (1, 4, 4))


def test_the_original_network_passes():
    assert [layer.name for layer in IModel(Net(), (1, 4, 4)).layers] == ["relu", "flatten"]


def test_a_forward_that_loops_over_a_list_of_modules_passes():
    class Looping(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.ModuleList([nn.Flatten(), nn.Linear(16, 4), nn.ReLU()])
            self.fc = nn.Linear(4, 3)

        def forward(self, x):
            for module in self.body:
                x = module(x)
            return self.fc(x)

    assert [layer.name for layer in IModel(Looping(), (1, 4, 4)).layers] == ["body.0", "body.2"]


def test_a_network_that_cannot_read_the_shape_is_refused_with_torchs_reason():
    with pytest.raises(ModelError, match=r"Net cannot read images of shape \(2, 4, 4\): .*channels"):
        IModel(Net(), (2, 4, 4))


def test_wrapping_changes_neither_state_nor_mode_nor_generator():
    network = Net().train()
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
    IModel(nn.Sequential(layer, nn.Flatten(), nn.Linear(16, 3)), (1, 4, 4))
    assert layer.mean is buffer
    assert buffer == 0
