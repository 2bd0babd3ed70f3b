"""Fixtures that build networks, replace their initial constants, and check that layers compose to the forward."""

from __future__ import annotations

import copy
import dataclasses
import functools

import pytest
import torch
from torch import nn

from Arch.models import MODELS
from Arch.models.build import build
from Arch.models.imodel import IModel

PARAMETERS = {"widths": (32, 16), "dropout": 0.25, "final_dim": 6}


@pytest.fixture(scope="session")
def make():
    """Builds the named network: `make("resnet8", shape=(1, 8, 8), classes=10, seed=0, batch_norm=True)`."""

    def make(name, shape=(3, 32, 32), classes=10, *, seed=0, batch_norm=True) -> IModel:
        given = {**PARAMETERS, "batch_norm": batch_norm}
        fields = [each.name for each in dataclasses.fields(MODELS[name])]
        return build(name, shape, classes, seed=seed, **{each: given[each] for each in fields if each in given})

    return make


@pytest.fixture(scope="session")
def bare():
    """Builds the named network itself on the meta device: `bare("resnet8", (3, 32, 32), classes=10)`."""

    def bare(name, shape=(3, 32, 32), classes=10) -> nn.Module:
        with torch.device("meta"):
            return MODELS[name]().network(shape, classes)

    return bare


@pytest.fixture(scope="session")
def count(bare):
    """Counts the parameters of the named network: `count("resnet8", (3, 32, 32), classes=10)`."""

    def count(name, shape=(3, 32, 32), classes=10) -> int:
        return sum(each.numel() for each in bare(name, shape, classes).parameters())

    return count


@pytest.fixture(scope="session")
def outline(bare):
    """Cuts the named network into layers on the meta device, once per size: `outline("resnet8", size=32)`."""

    @functools.cache
    def outline(name, size=32) -> IModel:
        return IModel(bare(name, (3, size, size)), (3, size, size), name=name)

    return outline


@pytest.fixture(scope="session")
def randomized():
    """Replaces scales, shifts, statistics and zeros of 0 and 1, which hide mistakes, by random ones; in float64."""

    def randomized(network):
        network.double()
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
                if tensor.ndim != 1 and (tensor.ndim == 0 or tensor.any()):
                    continue
                noise = torch.rand(tensor.shape, generator=generator, dtype=tensor.dtype)
                is_scale = name.endswith(("running_var", "weight"))
                tensor.copy_(0.5 + noise if is_scale else noise - 0.5)
        return network

    return randomized


@pytest.fixture(scope="session")
def images():
    """Draws random images: `images(4, (3, 32, 32))`."""

    def images(count, shape, dtype=torch.float32):
        return torch.randn(count, *shape, generator=torch.Generator().manual_seed(2), dtype=dtype)

    return images


@pytest.fixture(scope="session")
def require_composition():
    """Compares the composition of layers and head with the network in both modes: logits, gradients, buffers.

    Arguments are a network in float64 that `IModel` has cut, and examples.
    """

    def outcome(model, forward, x):
        torch.manual_seed(0)  # for dropout and stochastic depth
        logits = forward(x)
        gradients = torch.autograd.grad(logits.square().sum(), [x, *model.parameters()])
        return logits.detach(), *gradients, *model.buffers()

    def require_composition(model, examples):
        x = examples.requires_grad_()
        for is_training in (True, False):
            twin = copy.deepcopy(model).train(is_training)
            expected = outcome(twin, twin.network, x)
            composed = outcome(model.train(is_training), lambda x: model.head(model.backbone(x)), x)
            for ours, theirs in zip(composed, expected, strict=True):
                tolerance = 1e-10 * max(1.0, float(theirs.abs().max()))
                assert torch.allclose(ours.double(), theirs.double(), rtol=0, atol=tolerance), f"{is_training=}"

    return require_composition
