"""BatchNorm is folded only into a convolution that it alone reads."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

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


class Subclassed(nn.Conv2d):
    """A convolution that doubles what torch's computes."""

    def forward(self, x):
        return 2 * super().forward(x)


class SubclassedNorm(nn.BatchNorm2d):
    """A BatchNorm with an activation."""

    def forward(self, x):
        return torch.tanh(super().forward(x))


def squashed(module, args, out):
    return torch.tanh(out)


def shrunk(module, args):
    return (0.5 * args[0],)


def pair():
    return nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2))


def hooked(index, register, hook):
    network = pair()
    getattr(network[index], register)(hook)
    return network


def with_convolution(change):
    network = pair()
    network[0] = change(network[0])
    return network


def replaced_forward(index):
    network = pair()
    forward = type(network[index]).forward
    network[index].forward = lambda x: torch.tanh(forward(network[index], x))
    return network


def shared_under_two_names():
    network = Wired(lambda net, x: net.norm(net.other(x)))
    network.other = network.conv
    return network


def pruned(conv):
    return prune.l1_unstructured(conv, "weight", amount=0.5)


NOT_PLAIN = {
    "hook on the convolution": lambda: hooked(0, "register_forward_hook", squashed),
    "hook on the norm": lambda: hooked(1, "register_forward_hook", squashed),
    "earlier hook on the convolution": lambda: hooked(0, "register_forward_pre_hook", shrunk),
    "earlier hook on the norm": lambda: hooked(1, "register_forward_pre_hook", shrunk),
    "gradient hook": lambda: hooked(1, "register_full_backward_hook", lambda *_: None),
    "spectral norm": lambda: with_convolution(nn.utils.parametrizations.spectral_norm),
    "weight norm": lambda: with_convolution(nn.utils.parametrizations.weight_norm),
    "orthogonal": lambda: with_convolution(nn.utils.parametrizations.orthogonal),
    "old spectral norm": lambda: with_convolution(nn.utils.spectral_norm),
    "old weight norm": lambda: with_convolution(nn.utils.weight_norm),
    "pruned": lambda: with_convolution(pruned),
    "subclassed convolution": lambda: nn.Sequential(Subclassed(2, 2, 3), nn.BatchNorm2d(2)),
    "subclassed norm": lambda: nn.Sequential(nn.Conv2d(2, 2, 3), SubclassedNorm(2)),
    "other forward of the convolution": lambda: replaced_forward(0),
    "other forward of the norm": lambda: replaced_forward(1),
    "two names": shared_under_two_names,
    "weight read beside the convolution": lambda: Wired(lambda net, x: net.norm(net.conv(x)) * net.conv.weight.sum()),
    "statistics read beside the norm": lambda: Wired(lambda net, x: net.norm(net.conv(x)) - net.norm.running_mean[0]),
    "norm of another rank": lambda: nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.Flatten(2), nn.BatchNorm1d(2)),
}


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.*norm` is deprecated")
@pytest.mark.parametrize("network", NOT_PLAIN.values(), ids=NOT_PLAIN.keys())
def test_what_is_not_plain_is_copied_unfolded_and_gives_the_same(network, randomized, images):
    network = randomized(network()).eval()
    folded = fold_batch_norm(network)
    assert any(isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) for module in folded.modules())
    x = images(3, (2, 5, 5), torch.float64)
    assert torch.equal(folded(x), network(x))


def test_beside_a_hooked_pair_a_plain_pair_is_folded(randomized, images):
    network = randomized(nn.Sequential(pair(), hooked(1, "register_forward_hook", squashed))).eval()
    folded = fold_batch_norm(network)
    assert (is_folded(folded[0]), is_folded(folded[1])) == (True, False)
    x = images(3, (2, 5, 5), torch.float64)
    assert torch.allclose(folded(x), network(x), atol=1e-10)


def test_a_hook_on_the_state_dict_does_not_keep_a_pair_from_being_folded(randomized):
    network = randomized(pair())
    network[0].register_state_dict_post_hook(lambda *_: None)
    assert is_folded(fold_batch_norm(network))


def test_folding_leaves_no_trace_in_a_network_that_stores_its_features(randomized):
    def stores(net, x):
        net.seen = net.conv(x)
        return net.norm(net.seen)

    network = randomized(Wired(stores))
    network.seen = None
    assert fold_batch_norm(network).seen is None
