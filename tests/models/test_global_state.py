"""Forwards that change torch's global modes or draw random numbers are traced correctly or not at all."""

import copy
import random

import numpy as np
import pytest
import torch
from torch import nn

from Arch.models.imodel import IModel
from tests.models.unusual_forwards import Nested, Net

SHAPE = (1, 4, 4)


class WithoutGradients(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.act = nn.Linear(4, 4), nn.Tanh()

    def forward(self, x):
        with torch.no_grad():
            h = self.fc(x)
        return self.act(h + x)


class Cast(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.act = nn.Linear(4, 4), nn.Tanh()

    def forward(self, x):
        with torch.autocast("cpu", torch.bfloat16):
            return self.act(self.fc(x)).to(x.dtype) + x


class Dropping(nn.Module):
    """Skips its branch at random, with the generator of Python, NumPy or torch."""

    def __init__(self, draw):
        super().__init__()
        self.fc, self.act, self.draw = nn.Linear(4, 4), nn.Tanh(), draw

    def forward(self, x):
        return x + self.act(self.fc(x)) if self.draw() < 0.5 else x


DRAWS = {"python": random.random, "numpy": np.random.rand, "torch": lambda: torch.rand(1).item()}


def seed():
    random.seed(4)
    np.random.seed(4)  # noqa: NPY002 - the legacy generator, which a forward may use
    torch.manual_seed(4)


def agree(model, x):
    seen = []
    for each in (copy.deepcopy(model), model):
        seed()
        logits = each.network(x) if each is not model else each.head(each.backbone(x))
        gradients = torch.autograd.grad(logits.square().sum(), [*each.network.parameters()], allow_unused=True)
        seen.append([logits, *(torch.zeros(()) if gradient is None else gradient for gradient in gradients)])
    return all(map(torch.equal, *seen))


@pytest.mark.parametrize("part", [WithoutGradients, Cast, *(lambda d=d: Dropping(d) for d in DRAWS.values())])
def test_a_module_that_cannot_be_traced_is_one_layer(part, images):
    model = IModel(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), part(), nn.Linear(4, 3)), (4,)).train()
    assert (model.obstacle, [layer.name for layer in model.layers]) == ("", ["1", "2"])
    assert agree(model, images(3, (4,)))


class InitializedByData(nn.Module):
    """Sets its scale from its first batch in training mode."""

    def __init__(self):
        super().__init__()
        self.register_buffer("has_begun", torch.tensor(False))
        self.register_buffer("scale", torch.ones(()))
        self.act = nn.Tanh()

    def forward(self, x):
        if self.training and not self.has_begun:
            self.scale.copy_(x.detach().abs().max())
            self.has_begun.fill_(value=True)
        return self.act(x / self.scale)


def test_a_module_that_is_untraceable_in_one_mode_is_one_layer_in_both(images):
    torch.manual_seed(0)  # with other weights all pre-activations may be negative, and the scale 0
    network, x = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), InitializedByData(), nn.Linear(4, 3)), images(3, (4,))
    model = IModel(network, (4,)).train()
    assert [layer.name for layer in model.layers] == ["1", "2"]
    assert not network[2].has_begun
    assert agree(model, x)
    assert network[2].scale == network[:2](x).abs().max()


@pytest.mark.parametrize("name", DRAWS)
def test_a_network_that_draws_outside_torch_operations_is_not_cut(name):
    class Scaled(Net):
        def forward(self, x):
            return super().forward(x) * DRAWS[name]()

    obstacle = IModel(Scaled(), SHAPE).obstacle
    assert obstacle == (
        "Scaled: its forward cannot be traced: it draws random numbers other than by torch operations on its input"
    )


def test_a_network_that_unpacks_a_shape_is_not_cut():
    class Unpacking(Net):
        def forward(self, x):
            return super().forward(x.view(*x.shape))

    assert IModel(Unpacking(), SHAPE).obstacle == (
        "Unpacking: its forward cannot be traced: it iterates over a value of unknown length (tuple(x.shape), a loop "
        "over a tensor)"
    )


def test_auxiliary_logits_in_training_mode_are_refused():
    class Auxiliary(Net):
        def forward(self, x):
            logits = super().forward(x)
            return (logits, logits) if self.training else logits

    assert (
        IModel(Auxiliary(), SHAPE).obstacle == "Auxiliary does not return one tensor of logits (B, K) in training mode."
    )


def test_shapes_of_the_networks_own_tensors_are_known_while_tracing():
    class Own(Net):
        def __init__(self):
            super().__init__()
            self.register_buffer("table", torch.randn(3, 2, 4, 4))

        def forward(self, x):
            h = self.relu(self.conv(x))
            for index in range(len(self.table)):
                h = h + self.table[index]
            assert self.table.ndim == self.conv.weight.dim() == 4
            return self.fc(self.flatten(torch.relu(h[:, : self.table.size(1)])))

    assert [layer.name for layer in IModel(Own(), SHAPE).layers] == ["relu", "relu_1", "flatten"]


def test_noise_of_the_inputs_shape_is_cut(images):
    class Noisy(Net):
        def forward(self, x):
            h = self.relu(self.bn(self.conv(x)))
            return self.fc(self.flatten(torch.relu(h + torch.randn_like(h))))

    model = IModel(Noisy(), SHAPE).train()
    assert [layer.name for layer in model.layers] == ["relu", "relu_1", "flatten"]
    assert agree(model, images(3, SHAPE))


@pytest.mark.parametrize("network", [Net(), Nested(Net()), Dropping(random.random), Dropping(np.random.rand)])
def test_wrapping_a_network_advances_no_generator(network):
    seed()
    expected = random.random(), np.random.rand(), torch.rand(())  # noqa: NPY002
    seed()
    IModel(network, (4,) if isinstance(network, Dropping) else SHAPE)
    assert (random.random(), np.random.rand(), torch.rand(())) == expected  # noqa: NPY002


def test_wrapping_starts_no_progress_bar_thread(monkeypatch):
    monkeypatch.setattr("torch.fx.interpreter.tqdm", None)
    assert IModel(Net(), SHAPE).is_cut


@pytest.mark.filterwarnings("ignore:`torch.jit")  # the category of this warning differs between versions of torch
@pytest.mark.parametrize("compiled", [torch.jit.script, lambda each: torch.jit.trace(each, torch.zeros(2, 4))])
def test_a_compiled_module_is_one_layer(compiled, images):
    part = compiled(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)))
    model = IModel(nn.Sequential(part, nn.ReLU(), nn.Linear(4, 3)), (4,))
    assert [layer.name for layer in model.layers] == ["0", "1"]
    assert agree(model, images(3, (4,)))


def test_a_compiled_network_must_be_wrapped_before_compiling():
    obstacle = IModel(torch.compile(nn.Sequential(nn.Linear(4, 3)), backend="eager"), (4,)).obstacle
    assert obstacle.endswith("it is compiled, so its forward cannot be traced: wrap the network itself, and compile "
                             "the wrapper.")  # fmt: skip


class Encoding(nn.Module):
    """A classifier on `nn.TransformerEncoder`, with or without a mask."""

    def __init__(self, *, is_masked, norm=None):
        super().__init__()
        layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, dropout=0.1)
        self.encoder, self.fc = nn.TransformerEncoder(layer, 2, norm=norm), nn.Linear(4, 3)
        self.register_buffer("mask", torch.ones(5, 5).tril().log() if is_masked else None)

    def forward(self, x):
        tokens = self.encoder(x) if self.mask is None else self.encoder(x, mask=self.mask)
        return self.fc(tokens[:, 0])


@pytest.mark.parametrize("is_training", [True, False])
def test_torchs_encoder_is_a_block_for_each_of_its_layers(is_training, images):
    model = IModel(Encoding(is_masked=False, norm=nn.LayerNorm(4)), (5, 4)).train(is_training)
    assert [layer.name for layer in model.layers] == ["encoder.layers.0", "encoder.layers.1"]
    assert agree(model, images(3, (5, 4)))


def test_torchs_encoder_with_a_mask_is_one_block(images):
    model = IModel(Encoding(is_masked=True), (5, 4))
    assert [layer.name for layer in model.layers] == ["encoder"]
    assert agree(model, images(3, (5, 4)))
