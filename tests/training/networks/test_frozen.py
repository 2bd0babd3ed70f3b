"""Frozen networks. Oracle: the network itself, in evaluation mode."""

import copy

import pytest
import torch
from torch import nn

from Arch.models import copying
from Arch.models.imodel import IModel
from Arch.training.engine import choose_engine
from Arch.training.networks import frozen as module
from Arch.training.networks.frozen import FrozenNetwork

SHAPE = (3, 4, 4)


def network(change=None):
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5)]
    body = nn.Sequential(*layers)
    body(2 * torch.randn(20, *SHAPE) + 1)  # running statistics that differ from 0 and 1
    if change:
        change(body)
    return IModel(body, SHAPE).eval()


def hook_on_norm(body):
    body[1].register_forward_hook(lambda _module, _args, out: 2 * torch.tanh(out) - 1)


def hook_with_closure(body):
    body[2].register_forward_hook(lambda _module, _args, out: out * body[1].weight.abs().sum())


def spectral_norm(body):
    nn.utils.parametrizations.spectral_norm(body[0])


@pytest.fixture
def images():
    return torch.randn(40, *SHAPE, generator=torch.Generator().manual_seed(1))


def count(network):
    return sum(isinstance(each, nn.BatchNorm2d) for each in network.modules())


def test_a_plain_network_is_folded_and_nothing_is_noted(engine, images):
    frozen = FrozenNetwork(network(), engine, images)
    assert count(frozen._network) == 0
    assert frozen.notes == ()
    assert frozen.record() == {"folded_norms": 1, "dtype": "float32", "notes": []}


@pytest.mark.parametrize("change", [hook_on_norm, hook_with_closure, spectral_norm])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_that_is_not_plain_gives_its_own_logits(change, precision, images):
    expected = network(change)(images)
    found = FrozenNetwork(network(change), choose_engine("cpu", precision), images).trace(images).logits
    assert found.dtype == torch.float32
    tolerance = {"float32": 1e-5, "bfloat16": 0.05}[precision] * expected.abs().max().item()
    torch.testing.assert_close(found, expected, rtol=0, atol=tolerance)


def test_a_folded_network_with_other_logits_is_not_used(engine, images, monkeypatch):
    def wrong(given):
        folded = copy.deepcopy(given)
        nn.init.zeros_(folded.network[1].bias)
        return folded

    original = network(lambda body: nn.init.constant_(body[1].bias, 1.0))
    expected = original(images)
    monkeypatch.setattr(module, "fold_batch_norm", wrong)
    frozen = FrozenNetwork(original, engine, images)
    assert torch.equal(frozen.trace(images).logits, expected)
    (note,) = frozen.notes
    assert "is not folded, but used as it is: its logits differ by up to" in note
    assert frozen.record() == {"folded_norms": 0, "dtype": "float32", "notes": [note]}


class Shifting(nn.Module):
    """Reads the statistics of its BatchNorm for bright images alone, in a hook that is its own method."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.flat, self.head = (*network().network[:2], nn.Flatten(), nn.Linear(64, 5))
        self.flat.register_forward_hook(self.shift)

    def shift(self, _module, _args, out):
        return out + self.norm.running_mean.sum() if out.abs().max() > 50 else out

    def forward(self, x):
        return self.head(self.flat(self.norm(self.conv(x))))


@pytest.mark.parametrize(("brightness", "folded"), [(1, 1), (100, 0)])
def test_networks_are_compared_on_the_given_images(engine, images, brightness, folded):
    original = IModel(Shifting(), SHAPE).eval()
    expected = original(brightness * images)
    frozen = FrozenNetwork(original, engine, brightness * images)
    torch.testing.assert_close(frozen.trace(brightness * images).logits, expected, rtol=1e-4, atol=1e-4)
    assert frozen.record()["folded_norms"] == folded
    assert ("AttributeError" in "".join(frozen.notes)) == (not folded)


def test_bfloat16_is_used_where_it_gives_nearly_the_same(images):
    frozen = FrozenNetwork(network(), choose_engine("cpu", "bfloat16"), images)
    assert frozen.record() == {"folded_norms": 1, "dtype": "bfloat16", "notes": []}
    assert {each.dtype for each in frozen._network.parameters()} == {torch.bfloat16}


def test_a_network_that_bfloat16_would_change_stays_in_float32(images):
    class Counting(nn.Module):
        """Adds the remainder of a number that has more digits than bfloat16."""

        def __init__(self):
            super().__init__()
            self.register_buffer("number", torch.tensor(1001.0))

        def forward(self, x):
            return 10 * x * self.number.remainder(10.0)

    frozen = FrozenNetwork(network(lambda body: body.append(Counting())), choose_engine("cpu", "bfloat16"), images)
    assert frozen.record()["dtype"] == "float32"
    assert "is not cast to bfloat16, but used as it is: its logits differ" in frozen.notes[0]


def test_complex_parameters_keep_their_imaginary_part(engine, images):
    class Rotated(nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.Parameter(torch.polar(torch.ones(5), torch.arange(5.0)))

        def forward(self, x):
            return (x * self.factor).imag + x

    original = network(lambda body: body.append(Rotated()))
    expected = original(images)
    found = FrozenNetwork(original, engine, images).trace(images).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_a_network_that_cannot_be_copied_is_used_as_it_is(engine, images, monkeypatch):
    def refuse(*_):
        raise TypeError("cannot pickle")

    original = network()
    monkeypatch.setattr(copying.copy, "deepcopy", refuse)
    frozen = FrozenNetwork(original, engine, images)
    assert torch.equal(frozen.trace(images).logits, original(images))
    assert "cannot be copied" in frozen.notes[0]


def test_lack_of_memory_is_no_reason_to_use_another_form(engine, images, monkeypatch):
    def exhausted(_):
        raise MemoryError

    monkeypatch.setattr(module, "fold_batch_norm", exhausted)
    with pytest.raises(MemoryError):
        FrozenNetwork(network(), engine, images)


def test_freezing_leaves_generators_and_given_images_as_they_were(engine, images):
    class Overwriting(nn.Module):
        def forward(self, x):
            return x.mul_(2) + torch.rand(())

    body = nn.Sequential(Overwriting(), *network().network)
    before, state = images.clone(), torch.get_rng_state()
    FrozenNetwork(IModel(body, SHAPE).eval(), engine, images)
    assert torch.equal(images, before)
    assert torch.equal(torch.get_rng_state(), state)
