"""Networks of other libraries, built for other images and classes; oracle: the library's own networks."""

import importlib

import pytest
import timm
import torch
import torchvision
from torch import nn

from Arch.errors import ModelError, UnknownNameError
from Arch.models import MODELS
from Arch.models.architectures import timm_family
from Arch.registry.registry import Registry

COLOUR, GREY = (3, 32, 32), (1, 32, 32)
# one of each of torchvision's families, at the smallest side in pixels that suits it
SMALLEST = {
    "alexnet": 64, "convnext_tiny": 32, "densenet121": 32, "efficientnet_b0": 32, "googlenet": 32, "inception_v3": 75,
    "maxvit_t": 224, "mnasnet0_5": 32, "mobilenet_v2": 32, "mobilenet_v3_small": 32, "regnet_x_400mf": 32,
    "resnet18": 32, "resnext50_32x4d": 32, "shufflenet_v2_x0_5": 32, "squeezenet1_1": 32, "swin_t": 32,
    "swin_v2_t": 32, "vgg11": 32, "vit_b_32": 32, "wide_resnet50_2": 32,
}  # fmt: skip


def built(name, shape=COLOUR, classes=10):
    return MODELS[name]().network(shape, classes)


def numbers(network):
    return sum(each.numel() for each in network.parameters())


@pytest.mark.parametrize("member", SMALLEST)
def test_each_of_torchvisions_families_is_built_for_our_classes(member):
    shape = (3, SMALLEST[member], SMALLEST[member])
    with torch.device("cpu" if member.startswith("regnet") else "meta"):  # a RegNet computes its widths with tensors
        logits = built(f"torchvision/{member}", shape, 7).eval()(torch.empty(2, *shape))
    assert logits.shape == (2, 7)


def test_every_classification_network_of_torchvision_is_a_member():
    names = MODELS.members("torchvision/*")
    assert {name.removeprefix("torchvision/") for name in names} == {
        name for name in torchvision.models.list_models() if "/" not in name and hasattr(torchvision.models, name)
    } & set(torchvision.models.list_models(module=torchvision.models))
    assert len(names) >= 80


@pytest.mark.parametrize(("member", "published"), [("squeezenet1_1", 1_235_496), ("mobilenet_v3_small", 2_542_856)])
def test_parameters_are_as_many_as_torchvision_publishes(member, published):
    assert torchvision.models.get_model_weights(member).DEFAULT.meta["num_params"] == published
    assert numbers(built(f"torchvision/{member}", classes=1000)) == published


def test_a_member_is_the_librarys_own_network(images):
    torch.manual_seed(3)
    ours = built("torchvision/shufflenet_v2_x0_5").eval()
    torch.manual_seed(3)
    theirs = torchvision.models.shufflenet_v2_x0_5(num_classes=10).eval()
    x = images(2, COLOUR)
    assert torch.equal(ours(x), theirs(x))


@pytest.mark.parametrize("name", ["torchvision/squeezenet1_1", "torchvision/mobilenet_v3_small", "timm/test_resnet"])
def test_grey_images_have_a_first_convolution_of_one_channel(name):
    first = next(each for each in built(name, GREY).modules() if isinstance(each, nn.Conv2d))
    assert first.in_channels == 1


def test_a_first_convolution_for_more_channels_keeps_the_scale_of_its_output(images):
    torch.manual_seed(0)
    networks = [built("torchvision/resnet18", (channels, 32, 32)) for channels in (3, 12)]
    inputs = [images(4, (channels, 32, 32)) for channels in (3, 12)]
    coloured, other = (network.conv1(x).std().item() for network, x in zip(networks, inputs, strict=True))
    assert other / coloured == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("torchvision/alexnet", COLOUR, "images of at least 63x63 pixels, not 32x32"),
        ("torchvision/vit_b_16", (3, 20, 20), "square images whose side is a multiple of 16 pixels, not 20x20"),
        ("torchvision/vit_b_16", (3, 32, 16), "square images whose side is a multiple of 16 pixels, not 32x16"),
        ("torchvision/maxvit_t", (3, 64, 64), "square images whose side is a multiple of 224 pixels, not 64x64"),
        ("timm/test_vit", (3, 33, 33), r"timm cannot build timm/test_vit for .* 33\): Input height \(33\) should be"),
        ("timm/test_vit_relpos", (3, 8, 8), r"timm cannot build timm/test_vit_relpos for images of shape \(3, 8, 8\)"),
    ],
)
def test_images_of_a_size_that_a_network_cannot_read_are_refused(name, shape, words):
    with pytest.raises(ModelError, match=words):
        built(name, shape)


@pytest.mark.parametrize("name", ["timm/test_resnet", "timm/test_vit", "timm/test_convnext", "timm/test_efficientnet"])
def test_timms_networks_are_built_for_our_images_and_classes(name, images):
    network = built(name, GREY, 7).eval()
    assert network(images(2, GREY)).shape == (2, 7)


def test_every_network_of_timm_is_a_member():
    assert set(MODELS.members("timm/*")) == {f"timm/{name}" for name in timm.list_models()}


def test_without_timm_the_error_names_the_extra_to_install(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(timm_family.importlib, "import_module", missing)
    with pytest.raises(ModelError, match=r"need timm, which is not installed: pip install 'arch-kd\[timm\]'"):
        MODELS["timm/resnet18"]
    assert importlib.import_module is missing


@pytest.mark.parametrize(
    ("name", "near"), [("torchvision/resnt18", "torchvision/resnet18"), ("timm/ResNet18", "timm/resnet18")]
)
def test_an_unknown_member_is_refused_with_the_nearest_name(name, near):
    with pytest.raises(UnknownNameError, match=f"Did you mean '{near}'"):
        MODELS[name]
    assert name not in MODELS
    assert near in MODELS


def test_a_family_lists_its_members_only_on_request():
    registry = Registry("component", "Arch.distillation")
    asked = []

    @registry.register_family("f/*", lambda: asked.append(1) or ["f/b", "f/a"], "components of f")
    def make(name):
        return name.upper()

    assert (registry.families, list(registry), asked) == (("f/*",), [], [])
    assert registry.members("f/*") == ("f/a", "f/b")
    assert (registry["f/a"], registry.about("f/*"), "g/a" in registry) == ("F/A", "components of f", False)
    with pytest.raises(UnknownNameError, match="no family of components named"):
        registry.members("g/*")


@pytest.mark.parametrize("pattern", ["f/*", "f", "*/f"])
def test_a_family_pattern_is_an_unused_prefix(pattern):
    registry = Registry("component", "Arch.distillation")
    registry.register_family("f/*", list, "")(str)
    with pytest.raises(ValueError, match="registered already, or is no beginning"):
        registry.register_family(pattern, list, "")(str)
