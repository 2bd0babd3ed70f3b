"""The contract of every registered network."""

import dataclasses
import re

import pytest
import torch
from torch import nn

from Arch.errors import ShapeError
from Arch.models import MODELS
from Arch.models.architectures import vgg
from Arch.models.folding import fold_batch_norm

# one network is enough of families that differ only in depth or strides
DEEP = re.compile(r"stitching/resnet(34|50|101|152).*|stitching/.*_same_size|logitdist/resnet(34|50)")
# the smallest network of most families; the others are slow
SMALL = {
    "MLP", "resnet8", "ShuffleV2", "ResNet7", "MiniResNet", "VGG4", "ViT_ETTT", "logitdist/mlp", "stitching/small_cnn",
}  # fmt: skip
UNUSUAL = re.compile(r"MLP|(logitdist|stitching)/.*")  # these have no standard layers


def marked(names):
    """Marks all names but those of small networks as slow."""
    return [pytest.param(name, marks=() if name in SMALL else pytest.mark.slow) for name in names]


NAMES = [name for name in MODELS if not DEEP.fullmatch(name)]
EVERY = pytest.mark.parametrize("name", marked(NAMES))
DIGIT, COLOUR = (1, 8, 8), (3, 32, 32)


@pytest.fixture(scope="module", autouse=True)
def _narrow_classifiers():
    """Narrows VGG's classifier, whose width costs time and does not matter here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vgg, "HIDDEN", 64)
        yield


@pytest.fixture(scope="module", params=marked(NAMES))
def model(request, make, randomized):
    """Builds every network for grey digits, in float64 and evaluation mode; tests do not change it."""
    return randomized(make(request.param, DIGIT)).eval()


@pytest.fixture
def digits(images):
    return images(3, DIGIT, torch.float64)


def close(ours, theirs):
    """Equal to ten digits of the largest entry."""
    if torch.equal(ours, theirs):  # the usual case, and cheap where there are many parameters
        return True
    return torch.allclose(ours, theirs, rtol=0, atol=1e-10 * max(1.0, float(theirs.detach().abs().max())))


def compose(model, x):
    for layer in model.layers:
        x = layer(x)
    return model.head(x)


@pytest.mark.parametrize("is_training", [True, False])
def test_layers_and_head_compose_to_the_forward_and_its_gradient(model, digits, is_training):
    x, model = digits.requires_grad_(), model.train(is_training)
    before = [buffer.clone() for buffer in model.buffers()]
    seen = []
    for forward in (model.network, lambda x: compose(model, x)):
        torch.manual_seed(0)  # for dropout
        logits = forward(x)
        gradients = torch.autograd.grad(logits.square().sum(), [x, *model.parameters()])
        seen.append((logits, *gradients, *(buffer.clone() for buffer in model.buffers())))
        for buffer, value in zip(model.buffers(), before, strict=True):
            buffer.copy_(value)
    model.eval()
    assert all(close(ours, theirs) for ours, theirs in zip(seen[1], seen[0], strict=True))


@torch.no_grad()
def test_features_have_the_layers_shapes_and_logits_are_the_forwards(model, digits):
    trace = model.trace(digits, range(len(model.layers)))
    assert torch.equal(trace.logits, model(digits))
    assert [tuple(each.shape[1:]) for each in trace.features] == [layer.shape for layer in model.layers]
    assert trace.features[-1].ndim == (3 if model.name.startswith("ViT") else 2)


def test_standard_layers_are_some_of_the_layers_in_order(model, request):
    name = request.node.callspec.params["model"]
    standard = MODELS[name].standard_layers
    assert list(standard) == sorted(set(standard))
    assert set(standard) <= set(range(len(model.layers)))
    assert bool(standard) != bool(UNUSUAL.fullmatch(name))


def test_gradients_of_all_features_reach_the_input_and_are_finite(model, digits):
    x = digits.requires_grad_()
    features = model.tap(x, range(len(model.layers)))
    (gradient,) = torch.autograd.grad(sum(each.square().mean() for each in features), x)
    assert torch.isfinite(gradient).all()
    assert gradient.any()


def test_state_dict_has_the_networks_own_names_and_loads_back(model):
    state = model.state_dict()
    assert list(state) == list(model.network.state_dict())
    assert not any(key.startswith("network.") for key in state)
    model.load_state_dict(state)


@pytest.mark.parametrize("call", ["forward", "trace", "features"])
def test_images_of_another_shape_are_refused_with_both_shapes(model, call, images):
    with pytest.raises(ShapeError, match=r"reads tensors of shape \(B, 1, 8, 8\), not \(2, 3, 8, 8\)"):
        getattr(model, call)(images(2, (3, 8, 8)))
    with pytest.raises(ShapeError, match=r"\(B, 1, 8, 8\)"):
        getattr(model, call)(images(2, (1, 8, 9)))


@torch.no_grad()
def test_folding_leaves_no_batch_norm_and_the_same_features(model, digits):
    folded = fold_batch_norm(model)
    ours, theirs = (each.trace(digits, range(len(model.layers))) for each in (folded, model))
    left = [path for path, module in folded.network.named_modules() if isinstance(module, nn.BatchNorm2d)]
    # norms that remain read no convolution: they normalise images or pre-activate sums
    assert all(path == "bn" or (model.name.startswith("wrn") and path.endswith("bn1")) for path in left)
    assert [layer.name for layer in folded.layers] == [layer.name for layer in model.layers]
    for mine, its in zip((ours.logits, *ours.features), (theirs.logits, *theirs.features), strict=True):
        assert close(mine, its)


@EVERY
@pytest.mark.parametrize("shape", [DIGIT, COLOUR])
def test_a_training_step_has_finite_gradients_and_counts_its_batch_once(name, shape, make, images):
    model = make(name, shape, 7).train()
    logits = model(images(2, shape))
    logits.square().sum().backward()
    assert logits.shape == (2, 7)
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())
    counters = [buffer for key, buffer in model.named_buffers() if key.endswith("num_batches_tracked")]
    assert all(counter == 1 for counter in counters)
    is_convolutional = any(isinstance(each, nn.Conv2d) for each in model.modules())
    assert bool(counters) == (is_convolutional and not name.startswith(("ViT", "MiniResNet")))


@pytest.mark.parametrize(
    "name",
    marked([name for name in NAMES if any(each.name == "batch_norm" for each in dataclasses.fields(MODELS[name]))]),
)
def test_without_batch_norm_convolutions_have_biases_and_the_logits_stay_small(name, make, images):
    model = make(name, DIGIT, batch_norm=False).train()
    modules = list(model.modules())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in modules)
    assert all(module.bias is not None for module in modules if isinstance(module, nn.Conv2d))
    assert 0 < model(images(4, DIGIT)).abs().max() < 20


@EVERY
@torch.no_grad()
def test_channels_last_images_give_the_same_logits(name, make, images):
    model = make(name, (3, 16, 16)).eval()
    x = images(2, (3, 16, 16))
    expected = model(x)
    again = model.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
    assert torch.allclose(again, expected, rtol=0, atol=1e-4 * float(expected.abs().max()))
