"""BatchNorm is folded only into a convolution that it alone reads."""

import pytest
import torch
from torch import nn

from Arch.models.folding import fold_batch_norm


class Wired(nn.Module):
    """A convolution and a BatchNorm, registered one after the other, wired by a function."""

    def __init__(self, wiring):
        super().__init__()
        self.conv, self.norm, self.wiring = nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2), wiring

    def forward(self, x):
        return self.wiring(self, x)


def read_twice(network, x):
    h = network.conv(x)
    return network.norm(h) + h


def is_folded(network):
    return not any(isinstance(module, nn.BatchNorm2d) for module in network.modules())


def test_a_folded_kernel_is_the_formula(randomized):
    network = randomized(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3, eps=0.1)))
    conv, norm = network
    scale = norm.weight / torch.sqrt(norm.running_var + 0.1)
    folded = fold_batch_norm(network)[0]
    assert torch.allclose(folded.weight, conv.weight * scale[:, None, None, None])
    assert torch.allclose(folded.bias, scale * (conv.bias - norm.running_mean) + norm.bias)


def test_the_network_itself_is_not_changed(randomized):
    network = randomized(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))).train()
    before = [each.clone() for each in network.state_dict().values()]
    assert not fold_batch_norm(network).training
    assert all(torch.equal(*pair) for pair in zip(network.state_dict().values(), before, strict=True))
    assert network.training
    assert not is_folded(network)


def test_a_folded_model_is_for_evaluation_and_keeps_its_name(make):
    folded = fold_batch_norm(make("resnet8", (1, 8, 8)).train())
    assert not any(module.training for module in folded.modules())
    assert (folded.name, folded.shape, folded.classes) == ("resnet8", (1, 8, 8), 10)


@pytest.mark.parametrize(
    ("wiring", "expected"),
    [
        (lambda net, x: net.norm(net.conv(x)), True),
        (lambda net, x: net.norm(torch.relu(net.conv(x))), False),
        (lambda net, x: net.conv(net.norm(x)), False),
        (read_twice, False),
        (lambda net, x: net.norm(net.conv(net.conv(x))), False),
        (lambda net, x: net.norm(net.norm(net.conv(x))), False),
    ],
    ids=["reads the convolution", "relu between", "other order", "second reader", "conv twice", "norm twice"],
)
def test_only_a_norm_that_is_a_convolutions_only_reader_is_folded(wiring, expected, randomized, images):
    network = randomized(Wired(wiring)).eval()
    folded = fold_batch_norm(network)
    x = images(3, (2, 5, 5), torch.float64)
    assert is_folded(folded) == expected
    assert torch.allclose(folded(x), network(x), atol=1e-10)


def test_a_norm_without_running_statistics_is_not_folded(randomized):
    network = randomized(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3, track_running_stats=False)))
    assert not is_folded(fold_batch_norm(network))


def test_a_norm_without_scale_and_shift_is_folded(randomized, images):
    network = randomized(nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3, affine=False))).eval()
    x = images(3, (2, 5, 5), torch.float64)
    assert is_folded(fold_batch_norm(network))
    assert torch.allclose(fold_batch_norm(network)(x), network(x), atol=1e-12)


def test_a_network_that_cannot_be_traced_is_not_folded(randomized):
    network = randomized(Wired(lambda net, x: net.norm(net.conv(x)) if x.sum() > 0 else x))
    assert not is_folded(fold_batch_norm(network))
