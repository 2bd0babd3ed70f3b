"""Building a network from its name and a seed."""

import pytest
import torch
from torch import nn

from Arch.errors import ModelError, UnknownNameError
from Arch.models import MODELS
from Arch.models.architecture import Architecture
from Arch.models.architectures import vgg
from Arch.models.build import build, construct


def weights(seed):
    return torch.cat([each.flatten() for each in build("resnet8", (1, 8, 8), 10, seed=seed).parameters()])


def test_the_seed_alone_decides_the_weights():
    first = weights(3)
    torch.manual_seed(5)
    assert torch.equal(weights(3), first)
    assert not torch.equal(weights(4), first)


def test_building_leaves_the_global_generator_as_it_was():
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    build("vgg8", (1, 8, 8), 10, seed=0)
    assert torch.equal(torch.rand(3), expected)


def test_an_architecture_whose_parameters_are_known_is_built_the_same_way():
    built = construct(MODELS["resnet8"](batch_norm=True), (1, 8, 8), 10, name="resnet8", seed=3)
    assert torch.equal(torch.cat([each.flatten() for each in built.parameters()]), weights(3))
    assert built.name == "resnet8"


def test_a_network_is_called_by_its_name_and_not_by_its_class():
    assert build("stitching/small_cnn", (1, 8, 8), 4, seed=0).name == "stitching/small_cnn"


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet8x4'"):
        build("resnet8x5", (3, 32, 32), 10, seed=0)


def test_names_of_networks_are_case_sensitive():
    with pytest.raises(UnknownNameError, match="case-sensitive"):
        build("rESNET110", (3, 32, 32), 10, seed=0)


@pytest.mark.parametrize("shape", [(3, 32), (3, 0, 32), (3, 32, 32, 3)])
def test_a_shape_that_is_not_an_image_is_refused(shape):
    with pytest.raises(ModelError, match="channels, height, width"):
        build("resnet8", shape, 10, seed=0)


@pytest.mark.parametrize(
    ("name", "near"), [("RESNET20", "'ResNet20' or 'resnet20'"), ("resNet20", "'resnet20' or 'ResNet20'")]
)
def test_networks_that_differ_in_case_are_all_suggested_most_similar_first(name, near):
    with pytest.raises(UnknownNameError, match=f"Did you mean {near} .names are case-sensitive"):
        build(name, (3, 32, 32), 10, seed=0)


def test_zero_classes_are_refused():
    with pytest.raises(ModelError, match="at least one class, not 0"):
        build("resnet8", (3, 32, 32), 0, seed=0)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("MLP", {"batch_norm": True}, "MLP takes the parameters dropout, kn, .*, widths; given: batch_norm"),
        ("MLP", {}, "MLP takes the parameters dropout, kn, kp, use_custom_relu, widths; given: none"),
        ("resnet8", {"widths": (3,)}, "resnet8 takes the parameters batch_norm, kn, .*; given: widths"),
    ],
)
def test_parameters_that_a_network_does_not_have_are_refused(name, parameters, message):
    with pytest.raises(ModelError, match=message):
        build(name, (3, 32, 32), 10, seed=0, **parameters)


@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 3, 5), (3, 9, 40)])
@pytest.mark.parametrize("name", ["resnet8", "vgg8", "VGG4"])
def test_odd_and_tiny_images_are_read(name, shape, monkeypatch):
    monkeypatch.setattr(vgg, "HIDDEN", 8)  # its width costs seconds
    model = build(name, shape, 5, seed=0).eval()
    assert model(torch.zeros(2, *shape)).shape == (2, 5)


@pytest.mark.parametrize("shape", [(2, 1, 1), (1, 3, 5), (3, 9, 40)])
@pytest.mark.parametrize(
    "name", ["ResNet7", "wrn_16_1", "MobileNetV2", "MobileNetV2x0.5", "ShuffleV1", "ShuffleV2", "ShuffleNetV2", "ViT_T"]
)
def test_every_family_reads_odd_and_tiny_images(name, shape, bare):
    assert bare(name, shape, 5).eval()(torch.empty(2, *shape, device="meta")).shape == (2, 5)


def test_a_network_with_another_number_of_logits_is_refused():
    class Wide(Architecture):
        def network(self, shape, classes):
            return nn.Sequential(nn.Flatten(), nn.Linear(4, classes + 1))

    with pytest.raises(ModelError, match="Wide returns 4 logits for 3 classes; it must return one for each"):
        construct(Wide(), (1, 2, 2), 3, name="Wide", seed=0)
