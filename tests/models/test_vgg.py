"""KD_wo_CE's VGGs against its own numbers and torchvision's networks."""

import pytest
import torch
import torchvision
from torch import nn

from Arch.models import MODELS

# KD_wo_CE's models: parameters for 10 classes
PARAMETERS = {"VGG11": 28_149_514, "VGG13": 28_334_410, "VGG16": 33_646_666, "VGG19": 38_958_922}
MAPS = ((64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2))


def count(name, size, classes):
    with torch.device("meta"):
        network = MODELS[name]().network((3, size, size), classes)
    return sum(each.numel() for each in network.parameters())


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_as_many_as_kd_wo_ces(name):
    assert count(name, 32, 10) == PARAMETERS[name]
    assert f"{PARAMETERS[name]:,}" in MODELS.about(name)


@pytest.mark.parametrize(
    ("name", "at_32", "at_64"), [("VGG11", 28_518_244, 28_927_944), ("VGG19", 39_327_652, 39_737_352)]
)
def test_parameters_for_100_and_200_classes_are_kd_wo_ces(name, at_32, at_64):
    assert (count(name, 32, 100), count(name, 64, 200)) == (at_32, at_64)


@pytest.mark.parametrize(
    ("name", "layers", "depths"),
    [
        ("VGG11", 11, (1, 1, 2, 2, 2)),
        ("VGG13", 13, (2, 2, 2, 2, 2)),
        ("VGG16", 16, (2, 2, 3, 3, 3)),
        ("VGG19", 19, (2, 2, 4, 4, 4)),
    ],
)
def test_layers_are_counted_and_shaped_as_kd_wo_ces(name, layers, depths, make):
    convolutions = [shape for depth, shape in zip(depths, MAPS, strict=True) for _ in range(depth)]
    shapes = [layer.shape for layer in make(name).layers]
    assert len(shapes) == layers
    assert shapes == [*convolutions, (512,), (4096,), (4096,)]


def test_maps_are_an_octave_larger_at_64_pixels(make):
    assert [layer.shape for layer in make("VGG11", (3, 64, 64)).layers][7] == (512, 4, 4)


@pytest.mark.parametrize("name", ["VGG11", "VGG16"])
def test_forward_is_torchvisions_with_the_mean_over_the_map(name, make, roughen, images):
    model = roughen(make(name)).float().eval()
    theirs = getattr(torchvision.models, f"{name.lower()}_bn")(num_classes=10, init_weights=False).eval()
    theirs.avgpool, theirs.classifier[0] = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 4096)
    theirs.load_state_dict(model.state_dict())
    x = images(2, (3, 32, 32))
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-5 * float(expected.abs().max()))


def test_the_classifier_drops_half_of_what_it_hides(make):
    dropouts = [each.p for each in make("VGG11", (1, 8, 8)).modules() if isinstance(each, nn.Dropout)]
    assert dropouts == [0.5, 0.5]


def test_names_do_not_depend_on_the_image_size(make):
    assert make("VGG11", (3, 4, 4)).state_dict().keys() == make("VGG11").state_dict().keys()


def test_linear_weights_start_small(make):
    network = make("VGG11", (1, 8, 8)).network
    assert network.classifier[3].weight.std().item() == pytest.approx(0.01, rel=0.01)
    assert not network.classifier[3].bias.any()
