"""Oracle: the predictions of a trained network before it was saved."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from Arch.cache.runs import manifest
from Arch.errors import CacheError, CorruptEntryError, NonFiniteWeightsError
from Arch.training.networks.trained import TrainedNetwork


def test_a_loaded_network_has_the_scores_of_its_run(trainer):
    training = trainer(Model="resnet8")
    training.result()
    network = TrainedNetwork(training.config, training.entry).load()
    assert not network.training
    found = training.evaluate(network, training.load_dataset()).numbers
    assert found == pytest.approx(dict(training.entry.run(0).scores), rel=1e-5)


def test_best_weights_are_refused_where_no_best_epoch_was_chosen(trainer):
    training = trainer()
    training.result()
    with pytest.raises(CacheError, match="Best"):
        TrainedNetwork(training.config, training.entry, weights="Best").load()


def test_a_missing_run_is_refused(trainer):
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


@pytest.mark.parametrize("place", [-1, -40, 4])
def test_a_flipped_bit_in_the_weights_is_refused(trainer, place):
    training = trainer()
    training.result()
    path = training.entry.weights(0, "Last")
    content = bytearray(path.read_bytes())
    content[place] ^= 0x40
    path.write_bytes(content)
    with pytest.raises(CorruptEntryError, match=r"Last\.safetensors does not have the SHA-256 that its manifest has"):
        TrainedNetwork(training.config, training.entry).load()


@pytest.mark.parametrize("part", ["input_shape", "classes", "class_names", "normalization"])
def test_a_run_that_does_not_record_its_data_is_refused_with_its_file(trainer, part):
    training = trainer()
    training.result()
    path = training.entry.run_folder(0) / "Run.json"
    document = json.loads(path.read_text())
    del document["Provenance"][part]
    path.write_text(json.dumps(document))
    manifest.write(path.parent)
    network, dataset = TrainedNetwork(training.config, training.entry), training.load_dataset()
    read = (
        (lambda: network.normalization(Path("data"))) if part == "normalization" else lambda: network.load_for(dataset)
    )
    with pytest.raises(CorruptEntryError, match=rf"Run\.json .*expected {part} to be recorded, found nothing"):
        read()


def test_weights_that_are_not_finite_are_named(trainer):
    training = trainer()
    training.result()
    path = training.entry.weights(0, "Last")
    state = load_file(path)
    state["fc1.bias"][:2] = torch.tensor([float("nan"), float("inf")])
    save_file(state, path)
    manifest.write(path.parent)
    with pytest.raises(
        NonFiniteWeightsError, match=r"of MLP on Synthetic, run 0 .* not finite .* fc1\.bias \(2 of 16\)"
    ):
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
