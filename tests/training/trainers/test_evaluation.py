"""Oracles: the scores of the network's own run, the saved logits, and the network called by hand."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from Arch.analysis.predictions import prediction
from Arch.datasets.normalization import Normalizer
from Arch.errors import ConfigError, DataError
from Arch.training.networks.trained import TrainedNetwork
from Arch.training.normalization import customary, recorded, restored


@pytest.fixture
def evaluation(trainer):
    """Returns the trainer of an evaluation of a network on the tiny data."""

    def make(network="MLP", **keys):
        return trainer(**{"Trainer": "Evaluation", "Network": network, **keys})

    return make


def arrays(entry, run=0):
    return load_file(entry.run_folder(run) / "Arrays.safetensors")


def test_a_trained_network_has_the_scores_of_its_own_run(evaluation, trainer):
    own = trainer().result().scores[0]
    found = evaluation().result().scores[0]
    assert {name: found[name] for name in ("accuracy", "nll", "ece")} == pytest.approx(dict(own), abs=1e-12)


def test_the_saved_logits_give_the_scores(evaluation):
    study = evaluation(KeepLogits=True)
    scores, kept = study.result().scores[0], arrays(study.entry)
    assert kept["logits"].dtype == torch.float32
    assert scores["accuracy"] == prediction.top1_accuracy(kept["logits"], kept["labels"]).item()
    assert scores["nll"] == pytest.approx(prediction.negative_log_likelihood(kept["logits"], kept["labels"]).item())
    assert kept["sample_ids"].tolist() == list(range(len(kept["labels"])))
    info = study.entry.run(0).arrays
    assert info["logits"].axes == ("sample", "class")
    assert info.keys() == kept.keys()


def test_the_network_gets_images_normalised_with_its_own_constants(evaluation, trainer):
    study = evaluation(KeepLogits=True)
    study.result()
    training = trainer()
    data = training.load_dataset()
    network = TrainedNetwork(training.config, training.entry).load()
    with torch.no_grad():
        expected = network(Normalizer.of(data.normalization, data.shape)(data.test.pixels))
    torch.testing.assert_close(arrays(study.entry)["logits"], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("choice", ["ImageNet", "CIFAR"])
def test_customary_constants_are_applied(evaluation, trainer, choice):
    study = evaluation(KeepLogits=True, NetworkNormalization=choice)
    study.result()
    training = trainer()
    data = training.load_dataset()
    network = TrainedNetwork(training.config, training.entry).load()
    with torch.no_grad():
        expected = network(Normalizer.of(customary(choice), data.shape)(data.test.pixels))
    torch.testing.assert_close(arrays(study.entry)["logits"], expected, rtol=1e-4, atol=1e-4)


def test_the_constants_of_the_dataset_can_be_chosen_instead(evaluation):
    own = evaluation(KeepLogits=True, SyntheticSamples=65)
    own.result()
    constants = own.entry.run(0).provenance["network_normalization"]["constants"]
    other = evaluation(KeepLogits=True, NetworkNormalization="None")
    other.result()
    assert other.entry.run(0).provenance["network_normalization"]["constants"]["mean"] == [0.0, 0.0, 0.0]
    assert constants["mean"] != [0.0, 0.0, 0.0]
    assert not torch.equal(arrays(own.entry)["logits"], arrays(other.entry)["logits"])


def test_recorded_constants_are_restored_bit_for_bit():
    constants = customary("ImageNet")
    again = restored(recorded(constants))
    assert torch.equal(again.mean, constants.mean)
    assert torch.equal(again.std, constants.std)
    assert again.unit == constants.unit


def test_run_i_measures_the_network_of_run_i(trainer, evaluation):
    own = trainer(NumRuns=2).result()
    study = evaluation(NetworkRun=-1, NumRuns=2)
    found = study.result()
    assert [found.scores[i]["nll"] for i in (0, 1)] == pytest.approx([own.scores[i]["nll"] for i in (0, 1)], abs=1e-12)
    assert found.scores[0]["nll"] != found.scores[1]["nll"]
    assert study.entry.run(1).provenance["made_from"]["Network"]["run"] == 1


def test_a_file_of_weights_is_measured_with_the_constants_of_the_dataset(evaluation, trainer, tmp_path):
    training = trainer()
    own = training.result().scores[0]
    weights = load_file(training.entry.weights(0, "Last"))
    save_file(weights, tmp_path / "net.safetensors")
    found = evaluation(f"MLP@{tmp_path / 'net.safetensors'}").result().scores[0]
    assert found["accuracy"] == own["accuracy"]
    assert found["nll"] == pytest.approx(own["nll"], abs=1e-12)


def wide(trainer, tmp_path):
    """Writes a file of weights with six logits for data of four classes; returns the reference to it."""
    training = trainer()
    training.result()
    weights = load_file(training.entry.weights(0, "Last"))
    for name in [name for name, each in weights.items() if len(each) == 4]:
        weights[name] = torch.cat([weights[name], 100 + 0 * weights[name][:2]])
    save_file(weights, tmp_path / "wide.safetensors")
    return f"MLP@{tmp_path / 'wide.safetensors'}"


def test_more_logits_than_classes_are_refused_with_both_numbers(evaluation, trainer, tmp_path):
    with pytest.raises(ConfigError, match=r"gives 6 logits, and .* has 4 classes.*--extra-logits ignore"):
        evaluation(wide(trainer, tmp_path)).result()


def test_extra_logits_can_be_ignored(evaluation, trainer, tmp_path):
    found = evaluation(wide(trainer, tmp_path), ExtraLogits="Ignore").result().scores[0]
    assert found["accuracy"] == trainer().result().scores[0]["accuracy"]


OTHER = {"Model": "MLP", "Dataset": "Synthetic", "SyntheticSize": 4, "NumEpochs": 1}


def test_fewer_logits_than_classes_are_always_refused(evaluation):
    with pytest.raises(ConfigError, match=r"gives 3 logits, and .* has 4 classes"):
        evaluation({**OTHER, "SyntheticClasses": 3}, ExtraLogits="Ignore").result()


def test_images_of_another_size_are_refused_with_advice(evaluation):
    with pytest.raises(DataError, match="Set DownSample to 4"):
        evaluation(OTHER, SyntheticSize=8).result()


def test_the_training_split_can_be_measured(evaluation):
    study = evaluation(Split="train")
    study.result()
    assert arrays(study.entry)["confusion"].sum() == 65


def test_an_evaluation_does_not_change_the_entry_of_the_network(evaluation, trainer):
    training = trainer()
    training.result()
    before = {path: path.read_bytes() for path in training.entry.path.rglob("*") if path.is_file()}
    evaluation().result()
    assert {path: path.read_bytes() for path in training.entry.path.rglob("*") if path.is_file()} == before
