"""KD_wo_CE's MiniResNets against its own numbers and a literal forward."""

import pytest
import torch
import torch.nn.functional as F

from Arch.models import MODELS

# KD_wo_CE's models: parameters for 10 classes
PARAMETERS = {"MiniResNet": 1_150_090, "MiniResNetX2": 4_595_978}
SIDES = (32, 16, 8, 4, 2)


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_as_many_as_kd_wo_ces(name, count):
    assert count(name) == PARAMETERS[name]
    assert f"{PARAMETERS[name]:,}" in MODELS.about(name)


@pytest.mark.parametrize(
    ("name", "widths"), [("MiniResNet", (16, 32, 64, 96, 128)), ("MiniResNetX2", (32, 64, 128, 192, 256))]
)
def test_layers_are_kd_wo_ces_11_but_the_pooled_vector_for_the_leaky_logits(name, widths, outline):
    maps = [(width, side, side) for width, side in zip(widths, SIDES, strict=True)]
    shapes = [layer.shape for layer in outline(name).layers]
    assert len(shapes) == 11
    assert shapes == [*(shape for shape in maps for _ in range(2)), widths[-1:]]
    assert [shapes[index] for index in MODELS[name].standard_layers] == [*maps, widths[-1:]]


def literal_forward(state, x):
    """KD_wo_CE's `Models/Resnet.py` written out without the leaky ReLU of its logits; `state` holds its names."""
    for number in range(1, 6):
        kernel, bias = (state[f"conv{number}.0.{each}"] for each in ("weight", "bias"))
        x = F.conv2d(x, kernel, bias, stride=1 if number == 1 else 2, padding=1 if number == 1 else 2)
        x = torch.where(x > 0, x, 0.01 * x)
        first, second = (state[f"conv{number}.2.conv{each}.weight"] for each in (1, 2))
        x = F.relu(x + F.conv2d(F.relu(F.conv2d(x, first, padding=1)), second, padding=1))
    x = F.conv2d(x, state["conv5.3.weight"], state["conv5.3.bias"], stride=2)
    return x.flatten(1) @ state["head.weight"].T + state["head.bias"]


def test_forward_is_kd_wo_ces_at_32_pixels(images):
    model = MODELS["MiniResNet"]().network((3, 32, 32), 10).double()
    x = images(2, (3, 32, 32), torch.float64)
    assert torch.allclose(model(x), literal_forward(model.state_dict(), x), atol=1e-12)


@pytest.mark.parametrize(("size", "side"), [(64, 2), (32, 1), (17, 1), (16, 1), (2, 1)])
def test_images_of_any_size_leave_a_map(size, side, bare):
    network = bare("MiniResNet", (3, size, size))
    assert network[:5](torch.empty(1, 3, size, size, device="meta")).shape == (1, 128, side, side)
