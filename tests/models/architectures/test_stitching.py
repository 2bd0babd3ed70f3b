"""The stitching study's networks against parameter counts by hand, torchvision's blocks and map sizes."""

import pytest
import torch
import torchvision
from torch import nn

from Arch.errors import ModelError
from Arch.models import MODELS

DEPTHS = {"resnet18": (2, 2, 2, 2), "resnet34": (3, 4, 6, 3), "resnet50": (3, 4, 6, 3)}
DEPTHS |= {"resnet101": (3, 4, 23, 3), "resnet152": (3, 8, 36, 3)}
STEM_DIFFERENCE = 64 * 3 * (7 * 7 - 3 * 3)
SUFFIXES = ("", "_same_size", "_same_width")


def built(name, shape=(3, 32, 32), device="meta"):
    with torch.device(device):
        return MODELS[f"stitching/{name}"]().network(shape, 1000)


def numbers(network):
    return sum(each.numel() for each in network.parameters())


@pytest.mark.parametrize("suffix", ["", "_same_size"])
@pytest.mark.parametrize("name", DEPTHS)
def test_parameters_are_torchvisions_but_for_the_stem(name, suffix):
    published = torchvision.models.get_model_weights(name).DEFAULT.meta["num_params"]
    assert numbers(built(name + suffix)) == published - STEM_DIFFERENCE


@pytest.mark.parametrize("name", ["resnet18", "resnet34"])
def test_parameters_of_a_same_width_network_by_hand(name):
    # a stem, two 3x3 convolutions and BatchNorms a block; the first block of stages 2 to 4 projects as it strides
    stem, block, projection, head = 3 * 64 * 9 + 128, 2 * (64 * 64 * 9 + 128), 64 * 64 + 128, 64 * 1000 + 1000
    assert numbers(built(f"{name}_same_width")) == stem + sum(DEPTHS[name]) * block + 3 * projection + head


@pytest.mark.parametrize(
    ("suffix", "maps"),
    [
        ("", [(64, 32), (128, 16), (256, 8), (512, 4)]),
        ("_same_size", [(64, 32), (128, 32), (256, 32), (512, 32)]),
        ("_same_width", [(64, 32), (64, 16), (64, 8), (64, 4)]),
    ],
)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in {"resnet18", "resnet50"} else pytest.mark.slow) for name in DEPTHS]
)
def test_stages_have_the_variants_widths_and_sizes(name, suffix, maps):
    network, seen = built(name + suffix), []
    for number in range(1, 5):
        layer = network.get_submodule(f"layer{number}")
        layer.register_forward_hook(lambda module, given, out: seen.append((out.shape[1], out.shape[2])))
        assert len(layer) == DEPTHS[name][number - 1]
    network.eval()(torch.empty(1, 3, 32, 32, device="meta"))
    expansion = 1 if name in ("resnet18", "resnet34") else 4
    assert seen == [(expansion * width, size) for width, size in maps]


def test_forward_is_torchvisions_with_a_small_stem_and_no_pool(images):
    network = built("resnet18", device="cpu").eval()
    theirs = torchvision.models.resnet18().eval()
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False), nn.Identity()
    theirs.load_state_dict(network.state_dict())
    x = images(2, (3, 32, 32))
    assert torch.allclose(network(x), theirs(x), rtol=1e-4, atol=1e-4)


def test_convolutions_are_drawn_as_torchvisions_and_no_block_starts_as_its_shortcut():
    network = built("resnet18", device="cpu")
    weight = network.get_submodule("layer4.1.conv2").weight
    assert weight.std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)
    assert network.get_submodule("layer4.1.bn2").weight.eq(1).all()


def test_the_small_cnn_by_hand(images):
    network = built("small_cnn", device="cpu").eval()
    convolutions = 9 * (3 * 16 + 16 * 32 + 32 * 64 + 64 * 128) + 16 + 32 + 64 + 128
    assert numbers(network) == 6 + convolutions + 128 * 1000 + 1000
    x = images(2, (3, 32, 32))
    h = torch.nn.functional.batch_norm(x, torch.zeros(3), torch.ones(3))
    for number in range(1, 5):
        h = network.get_submodule(f"conv{number}")(h).relu()
        h = torch.nn.functional.max_pool2d(h, 2) if number < 4 else h.mean((2, 3))
    assert torch.allclose(network(x), network.fc(h), atol=1e-5)


def test_the_small_cnn_refuses_images_that_are_too_small_for_its_pools():
    built("small_cnn", (1, 8, 9))
    with pytest.raises(ModelError, match="small_cnn reads images of at least 8x8 pixels, not 9x7"):
        built("small_cnn", (1, 9, 7))


@pytest.mark.parametrize("suffix", ["", *(pytest.param(each, marks=pytest.mark.slow) for each in SUFFIXES[1:])])
def test_every_block_is_a_generalized_layer(suffix, make):
    names = [layer.name for layer in make(f"stitching/resnet18{suffix}", (3, 8, 8)).layers]
    blocks = [f"layer{stage}.{block}" for stage in range(1, 5) for block in range(2)]
    assert names == ["relu", *blocks, "flatten"]
