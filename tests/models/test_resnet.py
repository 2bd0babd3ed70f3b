"""KD_wo_CE's ResNets against its own numbers and torchvision's networks."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from Arch.models import MODELS

# KD_wo_CE's models: parameters for 10 and 100 classes at 32 px, 200 at 64 px
PARAMETERS = {
    "ResNet9": (4_903_242, 4_949_412, 5_000_712),
    "ResNet18": (11_173_962, 11_220_132, 11_271_432),
    "ResNet34": (21_282_122, 21_328_292, 21_379_592),
    "ResNet50": (23_520_842, 23_705_252, 23_910_152),
}
MAPS = ((64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4))
WIDE = ((256, 32, 32), (512, 16, 16), (1024, 8, 8), (2048, 4, 4))


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_as_many_as_kd_wo_ces(name):
    counts = []
    for size, classes in ((32, 10), (32, 100), (64, 200)):
        with torch.device("meta"):
            network = MODELS[name]().network((3, size, size), classes)
        counts.append(sum(each.numel() for each in network.parameters()))
    assert tuple(counts) == PARAMETERS[name]
    assert f"{PARAMETERS[name][0]:,}" in MODELS.about(name)


@pytest.mark.parametrize(
    ("name", "count", "depths", "maps"),
    [
        ("ResNet9", 6, (1, 1, 1, 1), MAPS),
        ("ResNet18", 10, (2, 2, 2, 2), MAPS),
        ("ResNet34", 18, (3, 4, 6, 3), MAPS),
        ("ResNet50", 18, (3, 4, 6, 3), WIDE),
    ],
)
def test_layers_are_counted_and_shaped_as_kd_wo_ces(name, count, depths, maps, make):
    stages = [shape for depth, shape in zip(depths, maps, strict=True) for _ in range(depth)]
    shapes = [layer.shape for layer in make(name).layers]
    assert len(shapes) == count
    assert shapes == [(64, 32, 32), *stages, maps[-1][:1]]


@pytest.mark.parametrize("name", ["ResNet18", "ResNet50"])
def test_forward_is_torchvisions_with_the_small_stem(name, make, roughen, images):
    model = roughen(make(name, (3, 16, 16))).eval()
    theirs = getattr(torchvision.models, name.lower())(num_classes=10).double().eval()
    theirs.conv1, theirs.maxpool = nn.Conv2d(3, 64, 3, padding=1, bias=False).double(), nn.Identity()
    theirs.load_state_dict(model.state_dict())
    x = images(2, (3, 16, 16), torch.float64)
    expected = theirs(x).detach()
    assert torch.allclose(model(x), expected, rtol=0, atol=1e-10 * float(expected.abs().max()))


def test_forward_at_224_pixels_is_torchvisions_unchanged(make, roughen, images):
    model = roughen(make("ResNet18", (3, 224, 224))).float().eval()
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
@pytest.mark.parametrize("name", ["ResNet9", "ResNet50"])
def test_every_block_starts_as_its_shortcut(name, batch_norm, make, images):
    network = make(name, batch_norm=batch_norm).network.eval()
    block = network.get_submodule("layer3.0")
    x = images(2, (block.conv1.in_channels, 4, 4))
    assert torch.equal(block(x), F.relu(block.downsample(x)))
