"""Where networks are cut."""

import pytest
import torchvision
from torch import nn

from Arch.errors import ModelError
from Arch.models.line import cut


def names(network):
    line = cut(network)
    return [[name for name, _ in steps] for steps in line.layers], [name for name, _ in line.head]


def test_what_stands_between_two_cuts_belongs_to_the_layer_after_it():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(2, 3))
    assert names(network) == ([["0", "1"], ["2", "3"]], ["4", "5"])


@pytest.mark.parametrize(
    "activation", [nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.GELU, nn.SiLU, nn.Hardswish, nn.PReLU, nn.Tanh]
)
def test_every_non_linearity_ends_a_layer(activation):
    assert names(nn.Sequential(nn.Linear(2, 2), activation(), nn.Linear(2, 2))) == ([["0", "1"]], ["2"])


def test_the_head_starts_at_the_last_linear_layer_and_takes_what_follows():
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.Softplus())
    assert names(network) == ([["0", "1"]], ["2", "3"])


def test_containers_are_gone_through_and_blocks_are_kept_whole():
    layers, head = names(torchvision.models.resnet18())
    assert [steps[-1] for steps in layers] == ["relu", *(f"layer{stage}.{block}" for stage in "1234" for block in "01")]
    assert head == ["avgpool", "fc"]


def test_a_container_is_named_by_the_layer_that_ends_it():
    line = cut(torchvision.models.resnet18())
    assert line.names["layer4"] == line.names["layer4.1"] == 8
    assert "avgpool" not in line.names


def test_a_container_that_ends_in_no_layer_has_no_name():
    stem = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.MaxPool2d(2))
    assert set(cut(nn.Sequential(stem, nn.Flatten(), nn.Linear(1, 1))).names) == {"0.1", "1"}


def test_a_list_of_modules_stands_for_its_members():
    class Listed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.ModuleList([nn.Linear(2, 2), nn.ReLU()])
            self.fc = nn.Linear(2, 2)

    assert names(Listed()) == ([["body.0", "body.1"]], ["fc"])


def test_one_module_in_two_places_is_two_steps():
    relu = nn.ReLU()
    assert names(nn.Sequential(nn.Linear(2, 2), relu, nn.Linear(2, 2), relu, nn.Linear(2, 2)))[0] == [
        ["0", "1"],
        ["2", "3"],
    ]


def test_a_network_without_a_linear_layer_is_refused():
    with pytest.raises(ModelError, match=r"Sequential has no nn\.Linear"):
        cut(nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU()))
