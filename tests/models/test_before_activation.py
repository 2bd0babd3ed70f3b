"""Features before a layer's last non-linearity, and the memory that an early layer needs."""

import pytest
import torch
import torchvision
from torch import nn

import tests.models.unusual_forwards as unusual_forwards
from Arch.models.imodel import IModel


def test_before_the_activation_of_a_residual_block_is_its_sum(make, randomized, images):
    model, x = randomized(make("resnet8", (1, 8, 8))).eval(), images(3, (1, 8, 8), torch.float64)
    block = model.network.layer1[0]
    given = model.tap(x, ["relu"])[0]
    expected = block.bn2(block.conv2(torch.relu(block.bn1(block.conv1(given))))) + given
    trace = model.trace(x, ["layer1.0", "flatten"], before_activation=True)
    assert torch.allclose(trace.features[0], expected)
    assert trace.features[0].min() < 0
    assert torch.equal(trace.features[1], model.tap(x, ["flatten"])[0])
    assert torch.equal(trace.logits, model(x))


@pytest.mark.parametrize("is_training", [True, False])
def test_an_in_place_function_does_not_change_the_captured_feature(is_training, images):
    model = IModel(unusual_forwards.FunctionalReluInPlace(), (1, 4, 4)).train(is_training)
    x = images(3, (1, 4, 4))
    before, after = (model.tap(x, [0], before_activation=each)[0] for each in (True, False))
    assert torch.equal(before, model.network.conv(x))
    assert torch.equal(after, torch.relu(before))


def test_statistics_are_counted_once_in_training(make, images):
    model = make("resnet8", (1, 8, 8)).train()
    model.trace(images(3, (1, 8, 8)), range(len(model.layers)), before_activation=True)
    counters = [buffer for name, buffer in model.named_buffers() if name.endswith("num_batches_tracked")]
    assert counters
    assert all(counter == 1 for counter in counters)


def test_gradients_flow_from_features_before_the_activation(make, images):
    model = make("resnet8", (1, 8, 8))
    (feature,) = model.tap(images(3, (1, 8, 8)), [0], before_activation=True)
    feature.sum().backward()
    assert model.network.conv1.weight.grad is not None
    assert model.network.layer1[0].conv1.weight.grad is None


class Peak(torch.utils._python_dispatch.TorchDispatchMode):
    """Measures the largest total number of elements of tensors that existed at the same time."""

    def __init__(self):
        super().__init__()
        self.alive, self.peak, self.known = 0, 0, set()

    def __torch_dispatch__(self, func, _types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for each in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(each, torch.Tensor) and each.untyped_storage().data_ptr() not in self.known:
                self._watch(each.untyped_storage())
        self.peak = max(self.peak, self.alive)
        return result

    def _watch(self, storage):
        import weakref

        place, size = storage.data_ptr(), storage.nbytes()
        self.known.add(place)
        self.alive += size
        weakref.finalize(storage, self._freed, place, size)

    def _freed(self, place, size):
        self.known.discard(place)
        self.alive -= size


@torch.no_grad()
def test_tapping_an_early_layer_has_the_peak_memory_of_the_forward_up_to_it(images):
    """ResNet50: the largest maps of its forward up to layer1.2 are those that a hand-cut forward makes."""
    network = torchvision.models.resnet50(num_classes=3).eval()
    x = images(2, (3, 64, 64))
    by_hand = nn.Sequential(network.conv1, network.bn1, network.relu, network.maxpool, network.layer1)
    model = IModel(network, (3, 64, 64))
    peaks = []
    for forward in (by_hand, lambda x: model.tap(x, ["layer1.2"])):
        with Peak() as peak:
            forward(x)
        peaks.append(peak.peak)
    assert peaks[1] == peaks[0] > 2 * 256 * 16 * 16 * 4
