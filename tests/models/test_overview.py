"""Descriptions of networks on the meta device."""

import pytest
from torch import nn

from Arch.models import MODELS
from Arch.models.architecture import Architecture
from Arch.models.overview import default_layers, overview

ENDS = [
    ([(16, 8, 8)] * 3 + [(32, 4, 4)] * 2 + [(64, 2, 2)] * 2 + [(64,)], (2, 4, 6, 7)),  # the last of each size
    ([(65, 192)] * 13, (0, 3, 6, 9, 12)),  # one size: quarters of the depth
    ([(64,), (6,), (6,)], (0, 1, 2)),  # few: all
    ([], ()),
]


@pytest.mark.parametrize(("shapes", "layers"), ENDS)
def test_layers_are_chosen_by_the_size_of_maps_or_by_depth(shapes, layers):
    assert default_layers(shapes) == layers


def test_an_overview_describes_the_network_as_built():
    seen = overview(MODELS["resnet20"](), (3, 32, 32), 100, name="resnet20")
    assert seen.parameters == 278_324
    assert [layer.shape for layer in seen.layers] == [
        (16, 32, 32), *[(16, 32, 32)] * 3, *[(32, 16, 16)] * 3, *[(64, 8, 8)] * 3, (64,)
    ]  # fmt: skip
    assert sum(layer.parameters for layer in seen.layers) == 278_324 - 65 * 100


def test_an_overview_of_an_uncut_network_gives_the_reason_and_the_hooked_modules():
    class Deciding(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu, self.fc = nn.ReLU(), nn.Linear(4, 2)

        def forward(self, x):
            return self.fc(self.relu(x).flatten(1) * (1 if x.sum() > 0 else -1))

    class Own(Architecture):
        def network(self, shape, classes):
            return Deciding()

    seen = overview(Own(), (4, 1, 1), 2, name="Own")
    assert seen.obstacle.startswith("Deciding: its forward cannot be traced")
    assert [layer.name for layer in seen.layers] == ["relu"]
