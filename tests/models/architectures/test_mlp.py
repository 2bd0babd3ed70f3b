"""The multilayer perceptron against its formula."""

import pytest
import torch

from Arch.errors import ModelError
from Arch.models.build import build


def mlp(widths=(6, 5), dropout=0.0, shape=(2, 3, 4), classes=3):
    return build("MLP", shape, classes, seed=0, widths=widths, dropout=dropout)


def test_forward_is_the_formula(images):
    model = mlp().double()
    x = images(4, (2, 3, 4), torch.float64)
    state = model.state_dict()
    h = x.reshape(4, 24)
    for name in ("fc1", "fc2"):
        h = torch.clamp(h @ state[f"{name}.weight"].T + state[f"{name}.bias"], min=0)
    assert torch.allclose(model(x), h @ state["fc.weight"].T + state["fc.bias"], atol=1e-12)


def test_parameters_are_weights_and_biases():
    assert mlp().parameters_count == (24 * 6 + 6) + (6 * 5 + 5) + (5 * 3 + 3)


def test_layers_are_the_pixels_and_the_hidden_activations():
    model = mlp()
    assert [(layer.name, layer.shape) for layer in model.layers] == [
        ("flatten", (24,)),
        ("relu1", (6,)),
        ("relu2", (5,)),
    ]


def test_without_hidden_layers_the_mlp_is_softmax_regression():
    assert [layer.name for layer in mlp(widths=()).layers] == ["flatten"]


def test_dropout_drops_its_fraction_in_training_only():
    model = mlp(widths=(4000,), dropout=0.25)
    x = torch.ones(1, 4000)
    dropout = model.network.get_submodule("dropout1")
    assert (dropout.train()(x) == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert torch.equal(dropout.eval()(x), x)


def test_hidden_weights_start_at_he_variance():
    weight = mlp(widths=(500,), shape=(1, 20, 20)).network.fc1.weight
    assert weight.std().item() == pytest.approx((2 / 400) ** 0.5, rel=0.01)


@pytest.mark.parametrize("widths", [(0,), (4, -1)])
def test_a_hidden_layer_without_units_is_refused(widths):
    with pytest.raises(ModelError, match="MLPWidths"):
        mlp(widths=widths)


@pytest.mark.parametrize("dropout", [-0.1, 1.0, 2.0])
def test_a_dropout_that_is_not_a_probability_is_refused(dropout):
    with pytest.raises(ModelError, match=r"MLPDropout is a probability in \[0, 1\)"):
        mlp(dropout=dropout)
