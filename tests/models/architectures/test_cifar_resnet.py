"""The CIFAR ResNets of the distillation benchmarks; oracles: stated shapes, and a forward written out by operation."""

import math

import pytest
import torch
import torch.nn.functional as F

from Arch.models import MODELS


@pytest.mark.parametrize(
    ("name", "blocks", "widths"),
    [("resnet8", 1, (16, 16, 32, 64)), ("resnet14", 2, (16, 16, 32, 64)), ("resnet8x4", 1, (32, 64, 128, 256))],
)
def test_layers_are_the_stem_the_blocks_and_the_pooled_vector(name, blocks, widths, make):
    stem, first, second, third = widths
    stages = [(first, 32, 32)] * blocks + [(second, 16, 16)] * blocks + [(third, 8, 8)] * blocks
    expected = [(stem, 32, 32), *stages, (third,)]
    assert [layer.shape for layer in make(name).layers] == expected


@pytest.mark.parametrize(("name", "blocks"), [("resnet8", 1), ("resnet20", 3), ("resnet110", 18), ("resnet32x4", 5)])
def test_standard_layers_are_the_benchmarks_f0_to_f3_and_the_pooled_vector(name, blocks):
    assert MODELS[name].standard_layers == (0, blocks, 2 * blocks, 3 * blocks, 3 * blocks + 1)


def literal_forward(state, x):
    """He et al. 2016, section 4.2, written out for one block per stage; `state` holds the benchmark's names."""

    def conv(name, x, stride=1):
        kernel = state[f"{name}.weight"]
        return F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)

    def norm(name, x):
        mean, var, gamma, beta = (state[f"{name}.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
        mean, var, gamma, beta = (each[:, None, None] for each in (mean, var, gamma, beta))
        return (x - mean) / torch.sqrt(var + 1e-5) * gamma + beta

    x = F.relu(norm("bn1", conv("conv1", x)))
    for stage, stride in ((1, 1), (2, 2), (3, 2)):
        block = f"layer{stage}.0"
        residual = x
        if f"{block}.downsample.0.weight" in state:
            residual = norm(f"{block}.downsample.1", conv(f"{block}.downsample.0", x, stride))
        h = F.relu(norm(f"{block}.bn1", conv(f"{block}.conv1", x, stride)))
        x = F.relu(norm(f"{block}.bn2", conv(f"{block}.conv2", h)) + residual)
    return x.mean((2, 3)) @ state["fc.weight"].T + state["fc.bias"]


@pytest.mark.parametrize("name", ["resnet8", "resnet8x4"])
def test_forward_equals_that_of_the_paper(name, make, randomized, images):
    model = randomized(make(name)).eval()
    x = images(2, (3, 32, 32), torch.float64)
    assert torch.allclose(model(x), literal_forward(model.state_dict(), x), atol=1e-10)


def test_only_the_wide_network_projects_in_its_first_stage(make):
    assert "layer1.0.downsample.0.weight" in make("resnet8x4").state_dict()
    assert "layer1.0.downsample.0.weight" not in make("resnet8").state_dict()


def test_kernels_start_at_he_variance_for_the_backward_pass(make):
    kernel = make("resnet8x4").network.get_submodule("layer3.0.conv1").weight
    assert kernel.shape == (256, 128, 3, 3)
    assert kernel.std().item() == pytest.approx(math.sqrt(2 / (9 * 256)), rel=0.01)


def test_blocks_are_initialised_to_the_identity_only_without_batch_norm(make, images):
    x = F.relu(images(2, (64, 8, 8)))
    for batch_norm in (True, False):
        block = make("resnet14", batch_norm=batch_norm).network.get_submodule("layer3.1").eval()
        assert torch.equal(block(x), x) != batch_norm
