"""KD_wo_CE's ResNets against its own numbers and torchvision's networks."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from Arch.models import MODELS
from Arch.models.build import build
from Arch.models.weights.loading import load_exactly

# KD_wo_CE's models: parameters for 10 classes at 32 px
PARAMETERS = {
    "ResNet7": 87_402,
    "ResNet9": 4_903_242,
    "ResNet18": 11_173_962,
    "ResNet34": 21_282_122,
    "ResNet50": 23_520_842,
    "ResNet101": 42_512_970,
    "ResNet152": 58_156_618,
    "ResNet9H": 1_241_226,
    "ResNet18H": 2_809_866,
    "ResNet34H": 5_338_762,
    "ResNet50H": 5_905_098,
    "ResNet20": 281_834,
    "ResNet32": 476_266,
    "ResNet44": 670_698,
    "ResNet56": 870_538,
}
# ... for 100 classes at 32 px where given, and 200 at 64 px
MORE = {
    "ResNet7": (93_252, 99_752),
    "ResNet9": (4_949_412, 5_000_712),
    "ResNet18": (11_220_132, 11_271_432),
    "ResNet34": (21_328_292, 21_379_592),
    "ResNet50": (23_705_252, 23_910_152),
    "ResNet101": (None, 42_902_280),
    "ResNet152": (None, 58_545_928),
    "ResNet56": (893_668, 919_368),
}
MAPS = ((64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4))
HALF = ((32, 32, 32), (64, 16, 16), (128, 8, 8), (256, 4, 4))
WIDE = ((256, 32, 32), (512, 16, 16), (1024, 8, 8), (2048, 4, 4))
THIN = ((16, 32, 32), (32, 16, 16), (64, 8, 8))
# name -> layers by KD_wo_CE's count, blocks and map of each stage
LAYERS = {
    "ResNet7": (5, (1, 1, 1), THIN),
    "ResNet9": (6, (1, 1, 1, 1), MAPS),
    "ResNet18": (10, (2, 2, 2, 2), MAPS),
    "ResNet34": (18, (3, 4, 6, 3), MAPS),
    "ResNet50": (18, (3, 4, 6, 3), WIDE),
    "ResNet101": (35, (3, 4, 23, 3), WIDE),
    "ResNet152": (52, (3, 8, 36, 3), WIDE),
    "ResNet9H": (6, (1, 1, 1, 1), HALF),
    "ResNet18H": (10, (2, 2, 2, 2), HALF),
    "ResNet34H": (18, (3, 4, 6, 3), HALF),
    "ResNet50H": (18, (3, 4, 6, 3), ((128, 32, 32), (256, 16, 16), (512, 8, 8), (1024, 4, 4))),
    "ResNet20": (11, (3, 3, 3), THIN),
    "ResNet32": (17, (5, 5, 5), THIN),
    "ResNet44": (23, (7, 7, 7), THIN),
    "ResNet56": (29, (9, 9, 9), ((64, 32, 32), (128, 16, 16), (256, 8, 8))),
}
SHALLOW = {"ResNet7", "ResNet9", "ResNet9H", "ResNet50H", "ResNet20"}
BY_DEPTH = [pytest.param(name, marks=() if name in SHALLOW else pytest.mark.slow) for name in LAYERS]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_as_many_as_kd_wo_ces(name, count):
    assert count(name) == PARAMETERS[name]
    assert f"{PARAMETERS[name]:,}" in MODELS.about(name)


@pytest.mark.parametrize("name", MORE)
def test_parameters_for_100_and_200_classes_are_kd_wo_ces(name, count):
    at_32, at_64 = MORE[name]
    assert at_32 in (count(name, classes=100), None)
    assert count(name, (3, 64, 64), 200) == at_64


@pytest.mark.parametrize("name", BY_DEPTH)
def test_layers_are_counted_and_shaped_as_kd_wo_ces(name, outline):
    number, depths, maps = LAYERS[name]
    stages = [shape for depth, shape in zip(depths, maps, strict=True) for _ in range(depth)]
    shapes = [layer.shape for layer in outline(name).layers]
    assert len(shapes) == number
    assert shapes == [(64, 32, 32), *stages, maps[-1][:1]]


def test_at_64_pixels_the_stem_gives_a_map_of_64_that_is_pooled_to_32(outline):
    assert [layer.shape for layer in outline("ResNet9", 64).layers] == [(64, 64, 64), *MAPS, (512,)]


@pytest.mark.parametrize("name", LAYERS)
def test_standard_layers_are_the_stem_the_last_of_each_stage_and_the_pooled_vector(name):
    number, depths, _ = LAYERS[name]
    assert MODELS[name].standard_layers == (
        0,
        *(sum(depths[:stage]) for stage in range(1, len(depths) + 1)),
        number - 1,
    )


@pytest.mark.parametrize(("name", "layers"), [("ResNet34", (0, 3, 7, 13, 16, 17)), ("ResNet9", (0, 1, 2, 3, 4, 5))])
def test_standard_layers_are_kd_wo_ces(name, layers):
    assert MODELS[name].standard_layers == layers


@pytest.mark.parametrize("name", ["ResNet18", "ResNet50"])
def test_forward_is_torchvisions_with_the_small_stem(name, randomized, images):
    model = randomized(MODELS[name]().network((3, 16, 16), 10)).eval()
    theirs = getattr(torchvision.models, name.lower())(num_classes=10).double().eval()
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False).double(), nn.Identity()
    theirs.load_state_dict(model.state_dict())
    x = images(2, (3, 16, 16), torch.float64)
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))


def test_forward_at_224_pixels_is_torchvisions_unchanged(randomized, images):
    model = randomized(MODELS["ResNet18"]().network((3, 224, 224), 10)).float().eval()
    theirs = torchvision.models.resnet18(num_classes=10).eval()
    theirs.load_state_dict(model.state_dict())
    x = images(1, (3, 224, 224))
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize(("size", "first_map"), [(63, 63), (64, 32), (223, 112), (224, 56)])
def test_the_stem_shrinks_large_images(size, first_map):
    with torch.device("meta"):
        network = MODELS["ResNet9"]().network((3, size, size), 10)
        before = list(dict(network.named_children())).index("layer1")
        assert network[:before](torch.empty(1, 3, size, size)).shape == (1, 64, first_map, first_map)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("name", ["ResNet7", "ResNet50H"])
def test_every_block_starts_as_its_shortcut(name, batch_norm, images):
    network = MODELS[name](batch_norm=batch_norm).network((3, 32, 32), 10).eval()
    block = network.get_submodule("layer3.0")
    x = images(2, (block.conv1.in_channels, 4, 4))
    assert torch.equal(block(x), F.relu(block.downsample(x)))


@pytest.mark.slow
def test_weights_of_the_benchmarks_network_fit():
    model, other = (build("ResNet50H", (3, 8, 8), 10, seed=seed) for seed in (0, 1))
    words = {"downsample": "shortcut", "fc": "linear"}
    theirs = {".".join(words.get(word, word) for word in key.split(".")): x for key, x in other.state_dict().items()}
    assert {"layer1.0.shortcut.0.weight", "linear.bias"} <= theirs.keys()
    load_exactly(model, MODELS["ResNet50H"](), theirs, "teacher.pth")
    assert all(torch.equal(x, model.state_dict()[key]) for key, x in other.state_dict().items())
