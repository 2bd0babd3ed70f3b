"""Given networks see images under their own constants. Oracles: the network called by hand, and published constants."""

import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file

from Arch.datasets.normalization import Normalizer
from Arch.errors import UnlikeNetworkError
from Arch.training.networks.trained import TrainedNetwork
from Arch.training.normalization import per_channel

NAMED = "torchvision/squeezenet1_1@IMAGENET1K_V1"
IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
LARGE = {"SyntheticSize": 32, "SyntheticSamples": 64, "BatchSize": 16, "NumEpochs": 1}
RAW = {"Normalization": "None", "Seed": 5, "NumEpochs": 6}


@pytest.fixture
def library(monkeypatch):
    """Replaces torchvision's download of weights by random ones."""
    classes = {"published": 4}

    def get_model(name, weights=None, num_classes=1000, progress=True):
        torch.manual_seed(2)
        return torchvision.models.squeezenet1_1(num_classes=classes["published"] if weights else num_classes)

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    return classes


def logits(network, data, constants):
    with torch.no_grad():
        return network(Normalizer.of(constants, data.shape)(data.test.pixels))


def accuracy(network, data, constants):
    return (logits(network, data, constants).argmax(1) == data.test.labels).float().mean().item()


def test_a_published_teacher_sees_images_under_its_published_constants(trainer, library):
    training = trainer(**LARGE, VanillaKD=True, Teacher=NAMED)
    training.result()
    data = training.load_dataset()
    torch.manual_seed(2)
    network = torchvision.models.squeezenet1_1(num_classes=4).eval()
    expected, other = (logits(network, data, each) for each in (per_channel(*IMAGENET), data.normalization))
    normalised = Normalizer.of(data.normalization, data.shape)(data.test.pixels)
    found = training.objective(data, None).teacher.trace(normalised).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(found, other, rtol=1e-2)
    recorded = training.entry.run(0).provenance["teacher_normalization"]["constants"]
    assert recorded["std"] == pytest.approx(IMAGENET[1])


def test_a_teacher_of_raw_pixels_keeps_its_accuracy_under_a_normalised_student(trainer, tiny):
    teacher = trainer(**RAW)
    own = teacher.result().scores[0]["accuracy"]
    training = trainer(VanillaKD=True, Teacher={**tiny, **RAW})
    training.result()
    assert training.entry.run(0).scores["teacher_accuracy"] == own


@pytest.mark.parametrize(
    ("choice", "constants"), [("None", ([0.0] * 3, [1.0] * 3)), ("ImageNet", IMAGENET), ("Dataset", None)]
)
def test_the_config_chooses_the_constants_of_a_file(trainer, tiny, tmp_path, choice, constants):
    teacher = trainer(**RAW)
    teacher.result()
    weights = tmp_path / "w.safetensors"
    save_file(load_file(teacher.entry.weights(0, "Last")), weights)
    training = trainer(VanillaKD=True, Teacher=f"MLP@{weights}", TeacherNormalization=choice)
    training.result()
    data, network = training.load_dataset(), TrainedNetwork(teacher.config, teacher.entry).load()
    expected = accuracy(network, data, per_channel(*constants) if constants else data.normalization)
    assert training.entry.run(0).scores["teacher_accuracy"] == pytest.approx(expected)


def test_the_teacher_of_a_training_step_sees_its_own_images(trainer, tiny):
    training = trainer(VanillaKD=True, UseCELoss=False, Teacher={**tiny, **RAW}, NumEpochs=1)
    data = training.load_dataset()
    frozen = training.objective(data, None).teacher
    teacher = training.networks["Teacher"]
    with torch.no_grad():
        expected = teacher.load()(Normalizer.of(per_channel([0.0] * 3, [1.0] * 3), data.shape)(data.train.pixels))
    found = frozen.trace(Normalizer.of(data.normalization, data.shape)(data.train.pixels)).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_a_warm_start_sees_images_under_the_constants_of_its_weights(trainer, library):
    library["published"] = 1000
    training = trainer(**LARGE, Model="torchvision/squeezenet1_1", PreTrained=True, PreTrainedFrom=NAMED)
    training.result()
    constants = training.entry.run(0).provenance["normalization_constants"]
    assert (constants["mean"], constants["std"]) == (pytest.approx(IMAGENET[0]), pytest.approx(IMAGENET[1]))


def test_the_constants_of_the_data_can_be_chosen_for_a_warm_start(trainer, library):
    library["published"] = 1000
    keys = {**LARGE, "Model": "torchvision/squeezenet1_1", "PreTrained": True, "PreTrainedFrom": NAMED}
    training = trainer(**keys, PreTrainedFromNormalization="Dataset")
    plain = trainer(**LARGE).load_dataset().normalization
    assert torch.equal(training.load_dataset().normalization.mean, plain.mean)


def test_constants_for_colours_are_not_applied_to_grey_images(trainer, library):
    library["published"] = 1000
    keys = {**LARGE, "SyntheticChannels": 1, "Model": "torchvision/squeezenet1_1", "PreTrained": True}
    training = trainer(**keys, PreTrainedFrom=NAMED)
    assert training.load_dataset().normalization.mean.shape == (1, 1, 1)


def test_a_run_is_not_added_to_runs_under_the_constants_of_the_dataset(trainer, library, monkeypatch):
    keys = {**LARGE, "VanillaKD": True, "Teacher": NAMED}
    training = trainer(**keys)
    with monkeypatch.context() as earlier:  # a version in which every network saw images under the dataset's constants
        earlier.setattr(type(training), "constants", lambda self, key, data: data.normalization)
        earlier.setattr(type(training), "_all_constants", lambda self, data: {})
        training.result()
    mean = training.load_dataset().normalization.mean.flatten().tolist()
    with pytest.raises(UnlikeNetworkError) as refusal:
        trainer(**keys, NumRuns=2).result()
    assert f"mean {', '.join(f'{each:.3g}' for each in mean)}, deviation" in str(refusal.value)
    assert "now it would be mean 0.485, 0.456, 0.406, deviation 0.229, 0.224, 0.225" in str(refusal.value)
    assert "TeacherNormalization, where Dataset stands for" in str(refusal.value)
