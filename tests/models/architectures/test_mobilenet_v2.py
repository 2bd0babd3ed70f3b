"""The two MobileNetV2s against the sources' numbers, torchvision's network and a literal forward."""

import math

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from Arch.models import MODELS

STANDARD = (0, 3, 6, 13, 17, 19)
KD_WO_CE = (
    [(32, 32, 32), (16, 32, 32)]
    + [(24, 16, 16)] * 2
    + [(32, 8, 8)] * 3
    + [(64, 4, 4)] * 4
    + [(96, 4, 4)] * 3
    + [(160, 2, 2)] * 3
    + [(320, 2, 2), (1280, 2, 2), (1280,)]
)
# f0 ... f4 and the pooled vector of the benchmarks
BENCHMARK = [(16, 16, 16), (12, 16, 16), (16, 8, 8), (48, 4, 4), (160, 2, 2), (1280,)]


@pytest.mark.parametrize(
    ("size", "classes", "expected"), [(32, 10, 2_236_682), (32, 100, 2_351_972), (64, 200, 2_480_072)]
)
def test_parameters_are_as_many_as_kd_wo_ces(size, classes, expected, count):
    assert count("MobileNetV2", (3, size, size), classes) == expected


def test_layers_are_counted_and_shaped_as_kd_wo_ces(outline):
    assert [layer.shape for layer in outline("MobileNetV2").layers] == KD_WO_CE
    assert MODELS["MobileNetV2"].standard_layers == STANDARD


@pytest.mark.parametrize(("size", "side"), [(32, 2), (64, 2), (224, 7)])
def test_the_last_map_is_as_small_at_64_pixels_as_at_32(size, side, bare):
    maps = bare("MobileNetV2", (3, size, size)).features(torch.empty(1, 3, size, size, device="meta"))
    assert maps.shape == (1, 1280, side, side)


def test_standard_layers_have_the_benchmarks_shapes(outline):
    layers = outline("MobileNetV2x0.5").layers
    assert [layers[index].shape for index in MODELS["MobileNetV2x0.5"].standard_layers] == BENCHMARK


@pytest.mark.parametrize(("size", "stride"), [(16, 1), (33, 2)])
def test_forward_is_torchvisions_but_for_the_stem_on_small_images(size, stride, randomized, images):
    model = randomized(MODELS["MobileNetV2"]().network((3, size, size), 10)).eval()
    theirs = torchvision.models.mobilenet_v2(num_classes=10).double().eval()
    theirs.features[0][0].stride = (stride, stride)
    theirs.load_state_dict(model.state_dict())
    x = images(2, (3, size, size), torch.float64)
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))


def test_neither_variant_has_dropout(bare):
    for name in ("MobileNetV2", "MobileNetV2x0.5"):
        assert not any(isinstance(each, nn.Dropout) for each in bare(name).modules())


def literal_forward(state, x):
    """RepDistiller's `models/mobilenetv2.py` written out at half the width; `state` holds its names."""

    def unit(conv, norm, x, stride=1):
        kernel = state[f"{conv}.weight"]
        x = F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2, groups=x.shape[1] // kernel.shape[1])
        keys = ("running_mean", "running_var", "weight", "bias")
        mean, var, gamma, beta = (state[f"{norm}.{key}"][:, None, None] for key in keys)
        return (x - mean) / torch.sqrt(var + 1e-5) * gamma + beta

    x = F.relu(unit("conv1.0", "conv1.1", x, 2))
    for stage, (depth, stride) in enumerate([(1, 1), (2, 1), (3, 2), (4, 2), (3, 1), (3, 2), (1, 1)]):
        for each in range(depth):
            block = f"blocks.{stage}.{each}.conv"
            h = F.relu(unit(f"{block}.0", f"{block}.1", x))
            h = F.relu(unit(f"{block}.3", f"{block}.4", h, 1 if each else stride))
            h = unit(f"{block}.6", f"{block}.7", h)
            x = x + h if x.shape == h.shape else h
    x = F.relu(unit("conv2.0", "conv2.1", x)).mean((2, 3))
    return x @ state["classifier.0.weight"].T + state["classifier.0.bias"]


def test_forward_of_the_half_wide_network_is_the_benchmarks(randomized, images):
    model = randomized(MODELS["MobileNetV2x0.5"]().network((3, 16, 16), 10)).eval()
    x = images(2, (3, 16, 16), torch.float64)
    expected = literal_forward(model.state_dict(), x)
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))


def test_the_two_variants_have_different_activations(bare):
    kinds = [{type(each) for each in bare(name).modules()} for name in ("MobileNetV2", "MobileNetV2x0.5")]
    assert [nn.ReLU6 in each for each in kinds] == [True, False]
    assert [nn.ReLU in each for each in kinds] == [False, True]


@pytest.mark.parametrize(("name", "linear"), [("MobileNetV2", "classifier.1"), ("MobileNetV2x0.5", "classifier.0")])
def test_weights_start_as_the_sources(name, linear):
    network = MODELS[name]().network((3, 8, 8), 100)
    last = next(each for each in network.modules() if isinstance(each, nn.Conv2d) and each.out_channels == 1280)
    assert last.weight.std().item() == pytest.approx(math.sqrt(2 / 1280), rel=0.01)
    assert network.get_submodule(linear).weight.std().item() == pytest.approx(0.01, rel=0.02)
    assert not network.get_submodule(linear).bias.any()
