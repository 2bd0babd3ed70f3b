"""State that a forward leaves on its network, and networks whose modules are in different modes."""

import copy
import io

import pytest
import torch

from Arch.errors import ModelError
from Arch.models.imodel import IModel
from tests.models.unusual_forwards import Net, Stemmed


class Keeping(Net):
    """Keeps features, counts its calls and fills a list."""

    def __init__(self):
        super().__init__()
        self.seen, self.calls = [], 0

    def forward(self, x):
        self.last = self.relu(self.bn(self.conv(x)))
        self.seen.append(self.last)
        return self.fc(self.flatten(self.last))


class Counting(Net):
    """Another result at each call, and only while it trains."""

    calls = 0

    def forward(self, x):
        if self.training:
            self.calls += 1
        return super().forward(x) * (1 + self.calls)


def test_features_that_a_forward_stores_are_removed_after_wrapping():
    network = Keeping()
    assert IModel(network, (1, 4, 4)).is_cut
    assert network.seen == []
    assert not hasattr(network, "last")
    copy.deepcopy(network)  # which would fail with what was computed on it


def test_a_forward_that_counts_its_calls_is_not_cut_and_the_count_is_restored():
    network = Counting()
    assert "has other logits" in IModel(network, (1, 4, 4)).obstacle
    assert network.calls == 0


def test_a_forward_with_variadic_arguments_is_not_cut_but_provides_features(images):
    class AnyArguments(Net):
        def forward(self, *args):
            return super().forward(args[0])

    model, x = IModel(AnyArguments(), (1, 4, 4)).eval(), images(3, (1, 4, 4))
    assert "AnyArguments" in model.obstacle
    assert torch.equal(model.trace(x).logits, model.network(x))


def test_a_fraction_of_the_batch_size_holds_for_other_batch_sizes(images):
    class Halves(Net):
        def forward(self, x):
            h, half = self.relu(self.bn(self.conv(x))), x.shape[0] // 2
            return self.fc(self.flatten(torch.cat([2 * h[:half], 3 * h[half:]])))

    model, x = IModel(Halves(), (1, 4, 4)).eval(), images(8, (1, 4, 4))
    assert [layer.name for layer in model.layers] == ["relu", "flatten"]
    assert torch.allclose(model.trace(x).logits, model.network(x))


def test_a_module_in_another_mode_than_the_network_is_refused_if_its_forward_differs(images):
    model, x = IModel(Stemmed(), (1, 4, 4)).train(), images(3, (1, 4, 4))
    model.network.stem.eval()
    with pytest.raises(ModelError, match="stem is not in the network's mode"):
        model.trace(x)
    model.train()
    model.network.bn.eval()  # a module of torch's own, which knows its mode itself
    torch.manual_seed(0)
    expected = model.network(x)
    torch.manual_seed(0)
    assert torch.equal(model.trace(x).logits, expected)


def test_a_saved_model_is_the_same_model(images):
    model, x, file = IModel(Stemmed(), (1, 4, 4)).eval(), images(3, (1, 4, 4)), io.BytesIO()
    model.trace(x)  # what was compiled for it cannot be saved
    torch.save(model, file)
    file.seek(0)
    restored = torch.load(file, weights_only=False)
    assert torch.equal(restored.trace(x).logits, model.trace(x).logits)
    assert restored.head.steps[-1] is restored.network.fc
