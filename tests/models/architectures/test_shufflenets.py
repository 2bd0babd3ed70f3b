"""The ShuffleNets against the sources' numbers, torchvision's network and a literal forward."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from Arch.models import MODELS
from Arch.models.architectures.building_blocks import ChannelShuffle

# f0 ... f3 and the pooled vector of the benchmarks
FIRST = [(24, 32, 32), (240, 16, 16), (480, 8, 8), (960, 4, 4), (960,)]
SECOND = [(24, 32, 32), (116, 16, 16), (232, 8, 8), (464, 4, 4), (1024,)]
# KD_wo_CE's max-pools after the stem
POOLED = [(24, 32, 32), (116, 8, 8), (232, 4, 4), (464, 2, 2), (1024,)]


@pytest.mark.parametrize(("classes", "expected"), [(10, 1_263_854), (100, 1_356_104)])
def test_parameters_are_as_many_as_kd_wo_ces(classes, expected, count):
    assert count("ShuffleNetV2", classes=classes) == expected


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("ShuffleV1", FIRST), ("ShuffleV2", SECOND), ("ShuffleNetV2", POOLED)],
)
def test_standard_layers_have_the_sources_shapes(name, shapes, outline):
    layers = outline(name).layers
    assert [layers[index].shape for index in MODELS[name].standard_layers] == shapes


@pytest.mark.parametrize(("size", "side"), [(32, 16), (33, 9), (64, 16), (224, 56)])
def test_the_stem_strides_above_32_pixels_and_a_pool_follows(size, side, bare):
    network = bare("ShuffleNetV2", (3, size, size))
    stem = network[: [name for name, _ in network.named_children()].index("stage2")]
    assert stem(torch.empty(1, 3, size, size, device="meta")).shape == (1, 24, side, side)


def test_channel_shuffle_interleaves_the_groups():
    x = torch.arange(6.0).reshape(1, 6, 1, 1)
    assert ChannelShuffle(3)(x).flatten().tolist() == [0, 2, 4, 1, 3, 5]


def literal_forward(state, x):
    """RepDistiller's `models/ShuffleNetv1.py` written out; `state` holds its names."""

    def unit(number, x, block, stride=1):
        kernel = state[f"{block}conv{number}.weight"]
        x = F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2, groups=x.shape[1] // kernel.shape[1])
        keys = ("running_mean", "running_var", "weight", "bias")
        mean, var, gamma, beta = (state[f"{block}bn{number}.{key}"][:, None, None] for key in keys)
        return (x - mean) / torch.sqrt(var + 1e-5) * gamma + beta

    def shuffled(x, groups):
        each = x.shape[1] // groups
        return torch.cat([x[:, group * each + i, None] for i in range(each) for group in range(groups)], dim=1)

    x = F.relu(unit(1, x, ""))
    for stage, depth in ((1, 4), (2, 8), (3, 4)):
        for each in range(depth):
            block, stride = f"layer{stage}.{each}.", 1 if each else 2
            h = shuffled(F.relu(unit(1, x, block)), 1 if stage == 1 and each == 0 else 3)
            h = unit(3, F.relu(unit(2, h, block, stride)), block)
            h = h + x if each else torch.cat([h, F.avg_pool2d(x, 3, 2, 1)], dim=1)
            x = F.relu(h)
    return x.mean((2, 3)) @ state["linear.weight"].T + state["linear.bias"]


def test_forward_of_the_first_version_is_the_benchmarks(randomized, images):
    model = randomized(MODELS["ShuffleV1"]().network((3, 16, 16), 10)).eval()
    x = images(2, (3, 16, 16), torch.float64)
    expected = literal_forward(model.state_dict(), x)
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))


@pytest.fixture
def theirs():
    """The network of torchvision, its stem of stride 1."""
    network = torchvision.models.shufflenet_v2_x1_0(num_classes=10).double().eval()
    network.conv1[0].stride = (1, 1)
    return network


def test_kd_wo_ces_18_layers_and_the_pooled_vector(outline):
    assert len(outline("ShuffleNetV2").layers) == 18 + 1


def test_forward_of_the_second_version_is_torchvisions_but_for_the_stems_stride(randomized, images, theirs):
    model = randomized(MODELS["ShuffleNetV2"]().network((3, 16, 16), 10)).eval()
    theirs.load_state_dict(model.state_dict())
    x = images(2, (3, 16, 16), torch.float64)
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))


def test_forward_of_the_benchmarks_second_version_is_torchvisions_with_their_stem(randomized, images, theirs):
    model = randomized(MODELS["ShuffleV2"]().network((3, 16, 16), 10)).eval()
    theirs.conv1[0], theirs.maxpool = nn.Conv2d(3, 24, 1, bias=False).double(), nn.Identity()
    # the same tensors in the same order under other names
    theirs.load_state_dict(dict(zip(theirs.state_dict(), model.state_dict().values(), strict=True)))
    x = images(2, (3, 16, 16), torch.float64)
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))


def test_the_benchmarks_names_are_numbered_through_both_branches(bare):
    for unit, last in zip(bare("ShuffleV2").layer1[:2], (5, 3), strict=True):
        words = {key.partition(".")[0] for key in unit.state_dict()}
        assert words == {f"{word}{number}" for word in ("conv", "bn") for number in range(1, last + 1)}


@pytest.mark.slow
def test_forward_at_224_pixels_is_torchvisions_unchanged(randomized, images):
    model = randomized(MODELS["ShuffleNetV2"]().network((3, 224, 224), 10)).eval()
    theirs = torchvision.models.shufflenet_v2_x1_0(num_classes=10).double().eval()
    theirs.load_state_dict(model.state_dict())
    x = images(1, (3, 224, 224), torch.float64)
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))
