"""Copies of networks. Oracle: the original's own outputs, before and after its weights change."""

import pytest
import torch
from torch import nn

from Arch.errors import ModelError
from Arch.models.copying import copied, require_independent
from Arch.models.imodel import IModel


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def tripled(module, args, out):
    return 3 * out


class Scaled(nn.Module):
    """A network whose last layer is scaled by a hook that is a method of the network."""

    def __init__(self):
        super().__init__()
        self.scale, self.body = nn.Parameter(torch.tensor(2.0)), network()
        self.body[2].register_forward_hook(self.multiply)

    def multiply(self, module, args, out):
        return self.scale * out

    def forward(self, x):
        return self.body(x)


def with_closure():
    closed = Scaled()
    closed.body[2]._forward_hooks.clear()
    closed.body[2].register_forward_hook(lambda _module, _args, out: closed.scale * out)
    return closed


def with_replaced_forward():
    replaced = network()
    replaced.forward = lambda x: nn.Sequential.forward(replaced, x)
    return replaced


@pytest.mark.parametrize("make", [network, Scaled], ids=["plain", "hook that is a method"])
def test_a_copy_computes_by_itself(make):
    original = IModel(make(), (3,))
    duplicate = copied(original)
    require_independent(duplicate, original)
    x = torch.ones(1, 3)
    before = original(x)
    for parameter in original.parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(duplicate(x), before)


def test_a_copy_keeps_hooks():
    original = network()
    original[0].register_forward_hook(tripled)
    x = torch.ones(1, 3)
    assert torch.equal(copied(original)(x), original(x))
    assert not torch.equal(copied(original)(x), network()(x))


@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
def test_a_tensor_that_a_hook_has_stored_is_copied(recwarn):
    original = network()
    nn.utils.weight_norm(original[0])
    x = torch.ones(1, 3)
    duplicate = copied(original)
    assert torch.equal(duplicate(x), original(x))
    require_independent(IModel(duplicate, (3,)), IModel(original, (3,)))


@pytest.mark.parametrize("make", [with_closure, with_replaced_forward], ids=["hook", "forward"])
def test_a_copy_that_needs_the_original_is_refused(make):
    original = IModel(make(), (3,))
    before = [each.clone() for each in original.parameters()]
    with pytest.raises(ModelError, match=r"the copy computes with the original's weights.*use the module that it is"):
        require_independent(copied(original), original)
    assert all(torch.equal(*each) for each in zip(before, original.parameters(), strict=True))


def test_a_copy_with_other_results_is_refused():
    original, other = IModel(network(), (3,)), IModel(network(), (3,))
    nn.init.zeros_(other.network[2].weight)
    with pytest.raises(ModelError, match="the copy gives other logits"):
        require_independent(other, original)


def test_a_network_that_cannot_be_copied_is_named():
    class Locked(nn.Linear):
        def __deepcopy__(self, memo):
            raise TypeError("cannot pickle 'lock' object")

    with pytest.raises(ModelError, match="Sequential cannot be copied: cannot pickle 'lock' object"):
        copied(nn.Sequential(Locked(3, 2)))


def test_results_that_vary_between_calls_are_not_compared():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.calls = network(), iter(range(100))

        def forward(self, x):
            return self.body(x) + next(self.calls)

        def __deepcopy__(self, memo):
            return Noisy()

    original = IModel(Noisy(), (3,))
    require_independent(IModel(Noisy(), (3,)), original)
