"""The layers into which networks are cut."""

import pytest
import torch
from torch import nn

from Arch.models.graph.layer_sequence import make_layer_sequence
from Arch.models.imodel import IModel


def names(network, shape):
    return [part.name for part in make_layer_sequence(network, shape).layers]


def targets(network, shape):
    line = make_layer_sequence(network, shape)
    return [list(part.targets) for part in (*line.layers, line.head)]


def test_modules_between_two_cuts_belong_to_the_later_layer():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(2, 3))
    assert targets(network, (1, 4, 4)) == [["0", "1"], ["2", "3"], ["4", "5"]]


@pytest.mark.parametrize(
    "activation", [nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.GELU, nn.SiLU, nn.Hardswish, nn.PReLU, nn.Tanh]
)
def test_every_non_linearity_ends_a_layer(activation):
    assert names(nn.Sequential(nn.Linear(2, 2), activation(), nn.Linear(2, 2)), (2,)) == ["1"]


def test_a_module_with_is_activation_is_a_non_linearity():
    class Sine(nn.Module):
        is_activation = True

        def forward(self, x):
            return torch.sin(x)

    assert names(nn.Sequential(nn.Linear(2, 2), Sine(), nn.Linear(2, 2)), (2,)) == ["1"]


def test_the_head_starts_at_the_last_linear_layer_and_includes_the_rest():
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.Softplus())
    assert targets(network, (2,)) == [["0", "1"], ["2", "3"]]


def test_without_a_linear_layer_the_last_pointwise_convolution_is_the_head():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Conv2d(2, 5, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert targets(network, (1, 4, 4)) == [["0", "1"], ["2", "3", "4"]]


class Residual(nn.Module):
    """conv(x) with a shortcut only if asked: one class, twice."""

    def __init__(self, *, has_shortcut):
        super().__init__()
        self.conv, self.relu, self.has_shortcut = nn.Conv2d(1, 1, 1), nn.ReLU(), has_shortcut

    def forward(self, x):
        h = self.conv(self.relu(self.conv(x)))
        return x + h if self.has_shortcut else h


def test_a_block_without_a_shortcut_counts_as_one_where_another_of_its_class_has_one():
    blocks = [Residual(has_shortcut=each) for each in (True, False)]
    assert names(nn.Sequential(*blocks, nn.Flatten(), nn.Linear(16, 2)), (1, 4, 4)) == ["0", "1", "2"]


def test_without_any_shortcut_a_module_is_not_a_block():
    network = nn.Sequential(Residual(has_shortcut=False), nn.Flatten(), nn.Linear(16, 2))
    assert names(network, (1, 4, 4)) == ["0.relu", "1"]


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.gate = nn.Linear(4, 4), nn.Sigmoid()

    def forward(self, x):
        return x * self.gate(self.fc(x))


def test_a_gate_is_not_a_block():
    assert names(nn.Sequential(Gated(), nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)), (4,)) == ["2"]


class Tokens(nn.Module):
    """A patch embedding with class token and positions, one attention block, the class token's logits."""

    def __init__(self):
        super().__init__()
        self.proj = nn.Conv2d(1, 6, 2, stride=2)
        self.cls, self.pos = nn.Parameter(torch.zeros(1, 1, 6)), nn.Parameter(torch.randn(1, 5, 6))
        self.block = nn.TransformerEncoderLayer(6, 2, 8, batch_first=True, dropout=0.0)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        patches = self.proj(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls.expand(x.shape[0], -1, -1), patches], 1) + self.pos
        return self.fc(self.block(tokens)[:, 0])


def test_patch_tokens_end_a_layer_after_their_position_embedding():
    model = IModel(Tokens(), (1, 4, 4))
    assert [(layer.name, layer.shape) for layer in model.layers] == [("add", (5, 6)), ("block", (5, 6))]
    network = model.network
    assert {id(each) for each in model.layers[0].parameters()} == {
        id(each) for each in (network.cls, network.pos, network.proj.weight, network.proj.bias)
    }


def test_a_layer_has_the_names_of_the_containers_that_it_ends():
    stem = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU())
    pooled = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.MaxPool2d(2))
    line = make_layer_sequence(nn.Sequential(stem, pooled, nn.Flatten(), nn.Linear(4, 1)), (1, 4, 4))
    assert dict(line.names) == {"0.1": 0, "0": 0, "1.1": 1, "2": 2}


def test_a_module_that_is_called_twice_is_two_layers():
    relu = nn.ReLU()
    network = nn.Sequential(nn.Linear(2, 2), relu, nn.Linear(2, 2), relu, nn.Linear(2, 2))
    assert names(network, (2,)) == ["1", "1_1"]


def test_backbone_and_head_partition_the_parameters():
    model = IModel(Tokens(), (1, 4, 4))
    backbone, head = ({id(each) for each in part.parameters()} for part in (model.backbone, model.head))
    assert backbone | head == {id(each) for each in model.network.parameters()}
    assert head == {id(model.network.fc.weight), id(model.network.fc.bias)}
