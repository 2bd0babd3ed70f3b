"""Networks of timm are cut into the layers that the definition counts."""

import warnings

import pytest
import torch

from Arch.models.imodel import IModel

timm = pytest.importorskip("timm")

# layers counted from the networks' tables: stem, blocks, further non-linearities, flattening
CUT = {
    "resnet18": 1 + 2 + 2 + 2 + 2 + 1,
    "resnet26d": 3 + 2 + 2 + 2 + 2 + 1,  # a stem of three convolutions
    "convnext_atto": 2 + 2 + 6 + 2 + 1,
    "vit_tiny_patch16_224": 1 + 12,
    "deit_tiny_distilled_patch16_224": 1 + 12,
    "eva02_tiny_patch14_224": 1 + 12,  # with rotary embeddings, which are a buffer
    "vit_small_patch16_dinov3": 1 + 12,  # with rotary embeddings, made of a buffer in each forward
    "swin_tiny_patch4_window7_224": 2 + 2 + 6 + 2 + 1,
    "mixer_s32_224": 1 + 8,
    "densenet121": 1 + 4 + 3 + 1 + 1,
    "tf_efficientnet_b0": 1 + 16 + 1 + 1,
    "regnetx_002": 1 + 13 + 1,
    "poolformer_s12": 2 + 2 + 6 + 2 + 1,
}
FAST = {"resnet26d", "vit_tiny_patch16_224", "convnext_atto"}
EXACT = [
    "resnet26d",
    "convnext_atto",
    "vit_tiny_patch16_224",
    "vit_small_patch16_dinov3",
    "tf_efficientnet_b0",
    "poolformer_s12",
]


def build(name):
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # timm's own, about names that it will change
        return timm.create_model(name, num_classes=10)


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in CUT])
def test_it_is_cut_into_the_layers_that_the_definition_counts(name):
    with torch.device("meta"):
        network = build(name)
    model = IModel(network, network.default_cfg["input_size"])
    assert (model.obstacle, len(model.layers)) == ("", CUT[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", EXACT)
def test_its_layers_compose_to_its_forward_and_gradient(name, images, require_composition):
    network = build(name).double()
    shape = network.default_cfg["input_size"]
    require_composition(IModel(network, shape), images(2, shape, torch.float64))
