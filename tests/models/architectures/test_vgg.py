"""KD_wo_CE's VGGs against its own numbers and torchvision's networks."""

import pytest
import torch
import torchvision
from torch import nn

from Arch.models import MODELS

# KD_wo_CE's models: parameters for 10 classes
PARAMETERS = {
    "VGG4": 18_708_330,
    "VGG7": 20_720_010,
    "VGG11": 28_149_514,
    "VGG13": 28_334_410,
    "VGG16": 33_646_666,
    "VGG19": 38_958_922,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_as_many_as_kd_wo_ces(name, count):
    assert count(name) == PARAMETERS[name]
    assert f"{PARAMETERS[name]:,}" in MODELS.about(name)


@pytest.mark.parametrize(
    ("name", "at_32", "at_64"), [("VGG11", 28_518_244, 28_927_944), ("VGG19", 39_327_652, 39_737_352)]
)
def test_parameters_for_100_and_200_classes_are_kd_wo_ces(name, at_32, at_64, count):
    assert (count(name, classes=100), count(name, (3, 64, 64), 200)) == (at_32, at_64)


@pytest.mark.parametrize(
    ("name", "layers", "depths", "widths"),
    [
        ("VGG4", 8, (1, 1, 1, 1, 1), (64, 96, 128, 192, 256)),
        ("VGG7", 11, (1, 1, 2, 2, 2), (64, 128, 192, 256, 256)),
        ("VGG11", 11, (1, 1, 2, 2, 2), (64, 128, 256, 512, 512)),
        ("VGG13", 13, (2, 2, 2, 2, 2), (64, 128, 256, 512, 512)),
        ("VGG16", 16, (2, 2, 3, 3, 3), (64, 128, 256, 512, 512)),
        ("VGG19", 19, (2, 2, 4, 4, 4), (64, 128, 256, 512, 512)),
    ],
)
def test_layers_are_counted_and_shaped_as_kd_wo_ces(name, layers, depths, widths, outline):
    maps = [(width, 32 >> stage, 32 >> stage) for stage, width in enumerate(widths)]
    convolutions = [shape for depth, shape in zip(depths, maps, strict=True) for _ in range(depth)]
    shapes = [layer.shape for layer in outline(name).layers]
    assert len(shapes) == layers
    assert shapes == [*convolutions, widths[-1:], (4096,), (4096,)]


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        *[("VGG19", (1, 3, 7, 11, 15, 16)), ("VGG11", (0, 1, 3, 5, 7, 8))],  # KD_wo_CE's
        *[("VGG4", (0, 1, 2, 3, 4, 5)), ("VGG7", (0, 1, 3, 5, 7, 8)), ("VGG16", (1, 3, 6, 9, 12, 13))],
    ],
)
def test_standard_layers_are_the_last_of_each_stage_and_the_pooled_vector(name, layers):
    assert MODELS[name].standard_layers == layers


def test_maps_are_twice_as_large_at_64_pixels(outline):
    shapes = [layer.shape for layer in outline("VGG19", 64).layers]
    assert (shapes[:2], shapes[12:16]) == ([(64, 64, 64)] * 2, [(512, 4, 4)] * 4)


@pytest.mark.parametrize("name", ["VGG11", pytest.param("VGG16", marks=pytest.mark.slow)])
def test_forward_is_torchvisions_with_the_mean_over_the_map(name, randomized, images):
    model = randomized(MODELS[name]().network((3, 32, 32), 10)).float().eval()
    theirs = getattr(torchvision.models, f"{name.lower()}_bn")(num_classes=10, init_weights=False).eval()
    theirs.avgpool, theirs.classifier[0] = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 4096)
    theirs.load_state_dict(model.state_dict())
    x = images(2, (3, 32, 32))
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-5 * float(expected.abs().max()))


def test_the_classifier_has_dropout_of_one_half(bare):
    dropouts = [each.p for each in bare("VGG11").modules() if isinstance(each, nn.Dropout)]
    assert dropouts == [0.5, 0.5]


def test_names_do_not_depend_on_the_image_size(bare):
    assert bare("VGG11", (3, 4, 4)).state_dict().keys() == bare("VGG11").state_dict().keys()


def test_linear_weights_start_small():
    network = MODELS["VGG4"]().network((1, 8, 8), 10)
    assert network.classifier[3].weight.std().item() == pytest.approx(0.01, rel=0.01)
    assert not network.classifier[3].bias.any()
