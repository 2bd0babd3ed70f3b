"""The logit-distance networks against their own parameter counts and torchvision."""

import pytest
import torch
import torchvision
from torch import nn

from Arch.errors import ModelError
from Arch.models import MODELS


def built(name, shape, classes, final_dim):
    torch.manual_seed(0)
    return MODELS[f"logitdist/{name}"](final_dim).network(shape, classes)


@pytest.mark.parametrize(
    ("name", "features", "final_dim", "published"), [("mlp", 2, 2, 527_874), ("shallow", 768, 10, 1_595_402)]
)
def test_the_encoders_parameters_are_as_many_as_published(name, features, final_dim, published):
    network = built(name, (features, 1, 1), 7, final_dim)
    unembedding = network.unembedding.weight.numel()
    assert unembedding == 7 * final_dim
    assert sum(each.numel() for each in network.parameters()) - unembedding == published


@pytest.mark.parametrize("name", ["mlp", "shallow"])
def test_a_perceptron_is_the_formula_written_out(name):
    network = built(name, (5, 1, 1), 4, 3).eval()
    z = torch.randn(2, 5, 1, 1)
    linear = [each for each in network if isinstance(each, nn.Linear)]
    h = z.flatten(1)
    for each in linear[:-2]:
        h = (h @ each.weight.T + each.bias).clamp(min=0)
    embedded = h @ linear[-2].weight.T + linear[-2].bias
    assert torch.allclose(network(z), embedded @ linear[-1].weight.T, atol=1e-6)
    assert [each.p for each in network if isinstance(each, nn.Dropout)] == [0.1] * (len(linear) - 2)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_logits_are_g_of_torchvisions_network_with_final_dim_outputs(name, images):
    network = built(name, (3, 32, 32), 10, 6).eval()
    theirs = torchvision.models.get_model(name, num_classes=6).eval()
    names = {"linear.weight": "fc.weight", "linear.bias": "fc.bias"}
    state = {names.get(key, key): each for key, each in network.state_dict().items() if key != "unembedding.weight"}
    theirs.load_state_dict(state)
    x = images(2, (3, 32, 32))
    assert torch.allclose(network(x), theirs(x) @ network.unembedding.weight.T, rtol=1e-5, atol=1e-5)


def test_g_has_no_bias_and_is_xavier_uniform():
    network = built("mlp", (2, 1, 1), 200, 100)
    weight = network.unembedding.weight
    bound = (6 / 300) ** 0.5
    assert network.unembedding.bias is None
    assert weight.abs().max() <= bound
    assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.02)


@pytest.mark.parametrize("name", ["logitdist/mlp", "logitdist/resnet18"])
def test_the_embedding_is_the_last_layer_and_g_the_head(name, images):
    from Arch.models.build import build

    model = build(name, (1, 32, 32), 4, seed=0, final_dim=3).eval()
    x = images(2, (1, 32, 32))
    assert (model.layers[-1].name, model.layers[-1].shape) == ("embedding", (3,))
    (embedded,) = model.tap(x, ["embedding"])
    assert torch.allclose(model(x), embedded @ model.network.unembedding.weight.T, atol=1e-6)
    assert torch.equal(model.features(x), embedded)


def test_an_embedding_without_a_length_is_refused():
    with pytest.raises(ModelError, match="FinalDim is the length of the embedding, at least 1, not 0"):
        built("mlp", (2, 1, 1), 4, 0)
