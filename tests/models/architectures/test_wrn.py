"""The wide ResNets against the benchmark's own shapes and a literal forward."""

import math

import pytest
import torch
import torch.nn.functional as F

from Arch.models import MODELS

# f1 ... f3 and the pooled vector of the benchmarks at 3x32x32
NETWORKS = {
    "wrn_16_1": [(16, 32, 32), (32, 16, 16), (64, 8, 8), (64,)],
    "wrn_16_2": [(32, 32, 32), (64, 16, 16), (128, 8, 8), (128,)],
    "wrn_40_1": [(16, 32, 32), (32, 16, 16), (64, 8, 8), (64,)],
    "wrn_40_2": [(32, 32, 32), (64, 16, 16), (128, 8, 8), (128,)],
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if "40" in name else ()) for name in NETWORKS]
)
def test_standard_layers_have_the_benchmarks_shapes(name, outline):
    layers = outline(name).layers
    assert [layers[index].shape for index in MODELS[name].standard_layers] == NETWORKS[name]


def test_layers_are_the_blocks_the_last_relu_and_the_pooled_vector(outline):
    names = [layer.name for layer in outline("wrn_16_1").layers]
    assert names == [*(f"block{stage}.layer.{each}" for stage in (1, 2, 3) for each in (0, 1)), "relu", "flatten"]


def literal_forward(state, x):
    """RepDistiller's `models/wrn.py` written out for two blocks per stage; `state` holds its names."""

    def conv(name, x, stride=1):
        kernel = state[f"{name}.weight"]
        return F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)

    def activate(name, x):
        keys = ("running_mean", "running_var", "weight", "bias")
        mean, var, gamma, beta = (state[f"{name}.{key}"][:, None, None] for key in keys)
        return F.relu((x - mean) / torch.sqrt(var + 1e-5) * gamma + beta)

    x = conv("conv1", x)
    for stage, stride in ((1, 1), (2, 2), (3, 2)):
        for each in (0, 1):
            block = f"block{stage}.layer.{each}"
            h = activate(f"{block}.bn1", x)
            if f"{block}.convShortcut.weight" in state:
                x = conv(f"{block}.convShortcut", h, stride)
            h = conv(f"{block}.conv1", h, 1 if each else stride)
            x = x + conv(f"{block}.conv2", activate(f"{block}.bn2", h))
    return activate("bn1", x).mean((2, 3)) @ state["fc.weight"].T + state["fc.bias"]


@pytest.mark.parametrize("name", ["wrn_16_1", "wrn_16_2"])
def test_forward_is_the_benchmarks(name, randomized, images):
    model = randomized(MODELS[name]().network((3, 16, 16), 10)).eval()
    x = images(2, (3, 16, 16), torch.float64)
    assert torch.allclose(model(x), literal_forward(model.state_dict(), x), atol=1e-10)


def test_only_the_wider_network_projects_in_its_first_stage(bare):
    name = "block1.layer.0.convShortcut.weight"
    assert [name in bare(each).state_dict() for each in ("wrn_16_2", "wrn_16_1")] == [True, False]


def test_weights_start_as_the_benchmarks():
    network = MODELS["wrn_16_2"]().network((3, 8, 8), 10)
    kernel = network.get_submodule("block3.layer.1.conv2").weight
    assert kernel.std().item() == pytest.approx(math.sqrt(2 / (9 * 128)), rel=0.01)
    assert not network.fc.bias.any()


@torch.no_grad()
def test_without_batch_norm_a_block_starts_as_its_shortcut_and_leaves_its_input(images):
    block = MODELS["wrn_16_1"](batch_norm=False).network((3, 8, 8), 10).get_submodule("block1.layer.1")
    x = images(2, (16, 4, 4))
    before = x.clone()
    assert torch.equal(block(x), before)
    assert torch.equal(x, before)
