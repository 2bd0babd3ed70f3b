"""The CIFAR VGGs against the benchmark's own shapes and a literal forward."""

import math

import pytest
import torch
import torch.nn.functional as F

from Arch.models import MODELS


@pytest.mark.parametrize(("size", "maps"), [(32, (32, 16, 8, 4, 4)), (64, (64, 32, 16, 8, 4)), (8, (8, 4, 2, 1, 1))])
def test_vgg8_has_the_benchmarks_maps(size, maps, make):
    widths = (64, 128, 256, 512, 512)
    expected = [(width, side, side) for width, side in zip(widths, maps, strict=True)]
    assert [layer.shape for layer in make("vgg8", (3, size, size)).layers] == [*expected, (512,)]


@pytest.mark.parametrize(
    ("name", "layers"), [("vgg8", (0, 1, 2, 3, 4, 5)), ("vgg13", (1, 3, 5, 7, 9, 10)), ("vgg19", (1, 3, 7, 11, 15, 16))]
)
def test_standard_layers_are_the_benchmarks_f0_to_f4_and_the_pooled_vector(name, layers):
    assert MODELS[name].standard_layers == layers


def test_a_map_of_one_position_is_not_pooled(make):
    assert make("vgg8", (1, 2, 2)).layers[-2].shape == (512, 1, 1)


def literal_forward(state, x):
    """RepDistiller's `models/vgg.py` for one convolution per block, at 32 pixels."""
    for block in range(5):
        x = F.conv2d(x, state[f"block{block}.0.weight"], state[f"block{block}.0.bias"], padding=1)
        keys = ("running_mean", "running_var", "weight", "bias")
        mean, var, gamma, beta = (state[f"block{block}.1.{key}"][:, None, None] for key in keys)
        x = F.relu((x - mean) / torch.sqrt(var + 1e-5) * gamma + beta)
        x = F.max_pool2d(x, 2) if block < 3 else x
    return x.mean((2, 3)) @ state["classifier.weight"].T + state["classifier.bias"]


def test_forward_is_the_benchmarks(make, randomized, images):
    model = randomized(make("vgg8")).eval()
    x = images(2, (3, 32, 32), torch.float64)
    assert torch.allclose(model(x), literal_forward(model.state_dict(), x), atol=1e-10)


def test_vgg11_pools_after_blocks_and_has_relus_within_them(make):
    names = [layer.name for layer in make("vgg11").layers]
    assert names == ["relu0", "relu1", "block2.2", "relu2", "block3.2", "relu3", "block4.2", "relu4", "flatten"]


def test_weights_start_as_the_benchmarks(make):
    network = make("vgg8", classes=100).network
    assert network.classifier.weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert network.block3[0].weight.std().item() == pytest.approx(math.sqrt(2 / (9 * 512)), rel=0.01)
    assert not network.classifier.bias.any()
    assert not network.block3[0].bias.any()
