"""Weights with NaN or infinities are refused. Oracle: where the test has put them."""

import pytest
import torch

from Arch.errors import NonFiniteWeightsError
from Arch.models import MODELS
from Arch.models.build import build
from Arch.models.imodel import IModel
from Arch.models.weights.finite import require_finite
from Arch.models.weights.loading import warm_start


def test_the_first_tensors_are_named_with_their_counts():
    state = {f"layer{index}.weight": torch.full((2, 2), float("inf")) for index in range(7)}
    with pytest.raises(NonFiniteWeightsError) as refusal:
        require_finite(state, "resnet8@w.pth")
    assert "the weights resnet8@w.pth have numbers that are not finite" in str(refusal.value)
    assert "layer0.weight (4 of 4)" in str(refusal.value)
    assert "layer4.weight (4 of 4) and 2 more tensors" in str(refusal.value)


def test_integers_and_empty_tensors_are_finite():
    require_finite({"count": torch.tensor(3), "none": torch.zeros(0), "flag": torch.tensor(True)}, "w")


@pytest.mark.parametrize("name", ["fc1.weight", "fc2.bias"])
def test_given_weights_with_one_nan_are_refused(name):
    model = build("MLP", (3, 4, 4), 4, seed=0, widths=(8, 8), dropout=0.0)
    state = {key: each.clone() for key, each in model.network.state_dict().items()}
    state[name].view(-1)[-1] = float("nan")
    with pytest.raises(NonFiniteWeightsError, match=name):
        warm_start(model, MODELS["MLP"](widths=(8, 8), dropout=0.0), state, "w.pth")


def test_a_network_of_nan_can_be_wrapped():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    torch.nn.init.constant_(network[3].weight, float("nan"))
    assert len(IModel(network, (3, 2, 2)).layers) > 0
