"""The smallest network of each of torchvision's families is cut into the layers that the definition counts."""

import pytest
import torch
import torchvision

from Arch.models.imodel import IModel

# name: layers by the definition, counted from the papers' tables (stem, blocks, further non-linearities, flattening),
# and a size of images that is small enough to compute with
FAMILIES = {
    "alexnet": (5 + 1 + 2, 64),  # convolutions, flattening, hidden layers of the classifier
    "vgg11": (8 + 1 + 2, 32),
    "vgg11_bn": (8 + 1 + 2, 32),
    "resnet18": (1 + 2 + 2 + 2 + 2 + 1, 32),
    "resnext50_32x4d": (1 + 3 + 4 + 6 + 3 + 1, 32),
    "wide_resnet50_2": (1 + 3 + 4 + 6 + 3 + 1, 32),
    "mobilenet_v2": (1 + 17 + 1 + 1, 32),
    "mobilenet_v3_small": (1 + 11 + 1 + 1 + 1, 32),
    "mnasnet0_5": (2 + 16 + 1 + 1, 32),
    "squeezenet1_0": (1 + 8, 32),  # a 1x1 convolution is the head
    "squeezenet1_1": (1 + 8, 32),
    "shufflenet_v2_x0_5": (1 + 4 + 8 + 4 + 1 + 1, 32),
    "efficientnet_b0": (1 + 16 + 1 + 1, 32),
    "efficientnet_v2_s": (1 + 40 + 1 + 1, 32),
    "regnet_x_400mf": (1 + 22 + 1, 32),
    "regnet_y_400mf": (1 + 16 + 1, 32),
    "convnext_tiny": (3 + 3 + 9 + 3 + 1, 32),
    "densenet121": (1 + 4 + 3 + 1 + 1, 32),  # four blocks, three transitions, the last ReLU
    "googlenet": (3 + 9 + 1, 32),
    "inception_v3": (5 + 11 + 1, 75),
    "vit_b_16": (1 + 12, 32),
    "swin_t": (2 + 2 + 6 + 2 + 1, 32),
    "swin_v2_t": (2 + 2 + 6 + 2 + 1, 64),
    "maxvit_t": (1 + 3 * (2 + 2 + 5 + 2) + 1 + 1, 224),  # MBConv, window and grid attention in each of eleven
}
ARGUMENTS = {
    "googlenet": {"aux_logits": False, "init_weights": False},
    "inception_v3": {"aux_logits": False, "init_weights": False},
    "vit_b_16": {"image_size": 32},
}
FAST = {"resnet18"}
ALIKE = {"vgg11_bn", "squeezenet1_0", "efficientnet_v2_s", "regnet_x_400mf", "swin_v2_t"}  # a smaller one is tried
FORWARDS = [
    pytest.param(name, marks=() if name in FAST else pytest.mark.slow) for name in FAMILIES if name not in ALIKE
]


def build(name, **arguments):
    torch.manual_seed(0)
    return torchvision.models.get_model(name, weights=None, num_classes=10, **ARGUMENTS.get(name, {}), **arguments)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in {*FAST, "vit_b_16"} else pytest.mark.slow) for name in FAMILIES]
)
def test_it_is_cut_into_the_layers_that_the_definition_counts(name):
    count, size = FAMILIES[name]
    with torch.device("cpu" if name.startswith("regnet") else "meta"):  # a RegNet computes its widths with tensors
        network = build(name).to("meta")
    model = IModel(network, (3, size, size))
    assert model.obstacle == ""
    assert len(model.layers) == count
    assert model.layers[-1].shape == (model.layers[-1].shape[0],) or name.startswith(("vit", "squeezenet"))


@pytest.mark.parametrize("name", FORWARDS)
def test_its_layers_compose_to_its_forward_and_gradient(name, images, require_composition):
    shape = (3, FAMILIES[name][1], FAMILIES[name][1])
    require_composition(IModel(build(name).double(), shape), images(2, shape, torch.float64))
