"""Oracle: a trained network's predictions before and after the disk."""

import pytest
import torch

from Arch.errors import CacheError, CorruptEntryError
from Arch.training.networks.trained import TrainedNetwork, save_weights


def test_a_loaded_network_scores_what_its_run_recorded(trainer):
    training = trainer(Model="resnet8")
    training.result()
    network = TrainedNetwork(training.config, training.entry).load()
    assert not network.training
    found = training.evaluate(network, training.load_dataset())
    assert found == pytest.approx(dict(training.entry.run(0).scores), rel=1e-5)


def test_best_weights_are_refused_where_no_best_was_chosen(trainer):
    training = trainer()
    training.result()
    with pytest.raises(CacheError, match="Best"):
        TrainedNetwork(training.config, training.entry, weights="Best").load()


def test_a_run_that_is_not_there_is_refused(trainer):
    training = trainer()
    training.result()
    with pytest.raises(CacheError, match="no run 3"):
        TrainedNetwork(training.config, training.entry, 3).load()


def test_damaged_weights_are_refused_with_their_path(trainer):
    training = trainer()
    training.result()
    path = training.entry.weights(0, "Last")
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(CorruptEntryError, match=r"Last\.safetensors"):
        TrainedNetwork(training.config, training.entry).load()


def test_weights_of_another_network_are_refused_key_by_key(trainer):
    training, other = trainer(), trainer(MLPWidths=[8, 6])
    training.result()
    with pytest.raises(
        CorruptEntryError, match=r"does not hold the weights of MLP\. Restore it from a copy"
    ) as refusal:
        TrainedNetwork(other.config, training.entry).load()
    assert str(refusal.value).splitlines()[1:] == [
        "  fc1.weight has the shape (16, 48), not (8, 48)",
        "  fc1.bias has the shape (16,), not (8,)",
        "  missing fc2.weight",
        "  missing fc2.bias",
    ]


def test_weights_in_any_memory_format_are_saved(tmp_path):
    weight = torch.arange(24.0).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)
    save_weights(tmp_path / "w.safetensors", {"weight": weight})
    from safetensors.torch import load_file

    torch.testing.assert_close(load_file(tmp_path / "w.safetensors")["weight"], weight, rtol=0, atol=0)
