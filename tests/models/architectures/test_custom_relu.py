"""The ReLU with configurable slopes: its closed form, and the modules that it replaces."""

import pytest
import torch
from torch import nn

from Arch.errors import ModelError
from Arch.models import MODELS
from Arch.models.architectures.custom_relu import CustomReLU, ReLUArchitecture, replace_relus
from Arch.models.build import build

RECTIFIED = [name for name in MODELS if issubclass(MODELS[name], ReLUArchitecture)]
SMALL = ["MLP", "resnet8", "wrn_16_1", "MobileNetV2x0.5", "ShuffleV1"]


def arguments(name):
    return {"widths": (6, 5), "dropout": 0.0} if name == "MLP" else {}


@pytest.mark.parametrize(("kn", "kp"), [(0.236, 1.0), (0.5, 2.0), (-1.0, 1.0), (0.1, 0.0), (-0.5, -3.0)])
def test_slopes_are_kn_below_zero_and_kp_above(kn, kp):
    x = torch.tensor([-2.0, -0.25, 0.5, 4.0], dtype=torch.float64, requires_grad=True)
    y = CustomReLU(kn, kp)(x)
    (slopes,) = torch.autograd.grad(y.sum(), x)
    assert slopes.tolist() == [kn, kn, kp, kp]
    assert y.tolist() == [kn * -2.0, kn * -0.25, kp * 0.5, kp * 4.0]


def test_at_zero_the_gradient_is_the_lower_slope_as_in_torchs_leaky_relu():
    for kp in (1.0, 2.0):
        x = torch.zeros(1, requires_grad=True)
        y = CustomReLU(0.25, kp)(x)
        (slope,) = torch.autograd.grad(y.sum(), x)
        assert (y.item(), slope.item()) == (0, 0.25)


def test_the_input_is_not_modified():
    x = torch.tensor([-1.0, 1.0])
    CustomReLU(0.5, 2.0)(x)
    assert x.tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("name", RECTIFIED)
def test_every_relu_of_a_network_is_replaced_and_no_other_module(name):
    with torch.device("meta"):
        plain, custom = (
            MODELS[name](**arguments(name), use_custom_relu=flag, kn=0.5, kp=2.0).network((3, 32, 32), 10)
            for flag in (False, True)
        )
    pairs = list(zip(plain.modules(), custom.modules(), strict=True))
    assert any(isinstance(old, nn.ReLU) for old, _ in pairs)
    assert all(type(new) is (CustomReLU if type(old) is nn.ReLU else type(old)) for old, new in pairs)
    assert {(each.kn, each.kp) for each in custom.modules() if isinstance(each, CustomReLU)} == {(0.5, 2.0)}


def test_networks_without_a_relu_do_not_take_slopes():
    assert {name for name in MODELS if "/" not in name} - set(RECTIFIED) == {
        "MobileNetV2", "ViT_ETTT", "ViT_ETTTL", "ViT_ETT", "ViT_ETTL", "ViT_ET", "ViT_ETL", "ViT_T", "ViT_S", "ViT_B"
    }  # fmt: skip


def test_slope_keys_are_active_for_exactly_the_networks_that_take_them(resolver):
    def is_active(name):
        return "UseCustomReLU" in resolver.resolve({"Dataset": "CIFAR10", "Model": name}).active

    assert [name for name in MODELS if is_active(name)] == RECTIFIED


@pytest.mark.parametrize("name", SMALL)
@torch.no_grad()
def test_layers_and_weights_keep_their_numbers_and_names(name, images):
    plain, custom = (
        build(name, (3, 8, 8), 5, seed=3, **arguments(name), use_custom_relu=flag).eval() for flag in (False, True)
    )
    x = images(2, (3, 8, 8))
    assert [(each.name, each.shape) for each in custom.layers] == [(each.name, each.shape) for each in plain.layers]
    assert all(map(torch.equal, custom.state_dict().values(), plain.state_dict().values()))
    assert not torch.equal(custom(x), plain(x))


@torch.no_grad()
def test_with_slopes_0_and_1_it_equals_a_relu(images):
    plain = build("resnet8", (3, 8, 8), 5, seed=3).eval()
    custom = build("resnet8", (3, 8, 8), 5, seed=3, use_custom_relu=True, kn=0.0, kp=1.0).eval()
    x = images(2, (3, 8, 8))
    assert torch.equal(custom(x), plain(x))


def test_a_shared_relu_is_replaced_wherever_it_is_used():
    shared = nn.ReLU()
    network = nn.Sequential(shared, nn.Sequential(shared, nn.Linear(2, 2), shared))
    replace_relus(network, 0.1, 1.0)
    placed = [network[0], network[1][0], network[1][2]]
    assert len(set(placed)) == 3
    assert all(isinstance(each, CustomReLU) for each in placed)


@pytest.mark.parametrize("slopes", [{"kn": float("nan")}, {"kp": float("inf")}])
def test_slopes_that_are_not_finite_are_refused(slopes):
    with pytest.raises(ModelError, match="Kn and Kp are slopes, finite numbers, not"):
        build("resnet8", (3, 8, 8), 5, seed=0, use_custom_relu=True, **slopes)
