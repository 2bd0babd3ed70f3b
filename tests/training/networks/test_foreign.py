"""Foreign networks as teachers and as pretrained weights. Oracles: the library's network, and torch's files."""

import dataclasses

import pytest
import torch
import torchvision
from safetensors.torch import load_file

from Arch.datasets.normalization import Normalizer
from Arch.errors import ConfigError, ModelError, UnknownNameError
from Arch.models.build import build
from Arch.models.weights.published import digest_of
from Arch.sweep.worker import Worker
from Arch.training.networks.foreign import WEIGHTS_DIGEST
from Arch.training.networks.trained import TrainedNetwork

NAMED = "torchvision/squeezenet1_1@IMAGENET1K_V1"
LARGE = {"SyntheticSize": 32, "SyntheticSamples": 8, "BatchSize": 4, "NumEpochs": 1}


@pytest.fixture
def teacher_file(tmp_path):
    """A file of a teacher's weights, as a DataParallel training saves them, and the teacher."""
    teacher = build("resnet8", (3, 4, 4), 4, seed=9)
    torch.save(
        {"state_dict": {f"module.{key}": each for key, each in teacher.state_dict().items()}}, tmp_path / "w.pth"
    )
    return tmp_path / "w.pth", teacher.eval()


@pytest.fixture
def library(monkeypatch):
    """Replaces torchvision's download of weights; the result sets their classes and seed."""
    published = {"classes": 4, "seed": 2}

    def get_model(name, weights=None, num_classes=1000, progress=True):
        torch.manual_seed(published["seed"])
        classes = published["classes"] if weights else num_classes
        return torchvision.models.squeezenet1_1(num_classes=classes)

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    return published


def test_a_teacher_from_a_file_has_the_accuracy_of_the_saved_network(trainer, teacher_file):
    path, teacher = teacher_file
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{path}", UseCELoss=False)
    training.result()
    dataset = training.load_dataset()
    images = Normalizer.of(dataset.normalization, dataset.shape)(dataset.test.pixels)
    accuracy = (teacher(images).argmax(1) == dataset.test.labels).float().mean().item()
    assert training.entry.run(0).scores["teacher_accuracy"] == pytest.approx(accuracy)


def test_a_run_records_the_weights_of_its_teacher(trainer, teacher_file):
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{teacher_file[0]}")
    training.result()
    reference = training.config.references["Teacher"]
    assert training.entry.run(0).provenance["made_from"] == {
        "Teacher": {"fingerprint": reference.fingerprint, "network": "resnet8@w.pth", "digest": reference.source.digest}
    }


def test_the_entry_of_a_foreign_network_describes_it_and_has_no_runs(trainer, store, teacher_file):
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{teacher_file[0]}", BatchNorm=True)
    training.result()
    reference = training.config.references["Teacher"]
    entry = store.find(reference.fingerprint)
    document = entry.document()
    assert document["Active"] == {"Network": "resnet8", "Digest": reference.source.digest} | architecture(training)
    assert document["Place"] == str(teacher_file[0])
    assert [path.name for path in entry.path.iterdir()] == ["Config.json"]


def architecture(training):
    """The parameters of a resnet8."""
    return dict(training.config.references["Teacher"].source.parameters)


def test_the_parameters_of_the_network_are_part_of_its_fingerprint(resolver, teacher_file, tiny):
    path, _ = teacher_file
    student = {**tiny, "Model": "resnet14", "VanillaKD": True, "Teacher": f"resnet8@{path}"}
    plain, same, other = (
        resolver.resolve({**student, **keys}) for keys in ({}, {"BatchNorm": True}, {"BatchNorm": False})
    )
    assert plain["Teacher"] == same["Teacher"] != other["Teacher"]
    assert other.references["Teacher"].source.parameters["BatchNorm"] is False


def test_a_teacher_for_other_classes_is_refused(trainer, teacher_file):
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{teacher_file[0]}", SyntheticClasses=3)
    words = r"w\.pth are not those of resnet8 for images of shape \(3, 4, 4\) and 3 classes: they do not fit fc\.weight"
    with pytest.raises(ModelError, match=words):
        training.result()
    assert training.entry.run_indices() == ()


def test_a_file_that_changed_after_the_config_was_read_is_refused(trainer, teacher_file):
    path, _ = teacher_file
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{path}")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelError, match="are not those of the experiment's fingerprint: their SHA-256 is"):
        training.result()
    path.unlink()
    with pytest.raises(ModelError, match=r"w\.pth cannot be read: No such file"):
        training.result()


def test_the_digest_of_a_published_teacher_is_recorded(trainer, store, library):
    training = trainer(**LARGE, VanillaKD=True, Teacher=NAMED)
    training.result()
    torch.manual_seed(library["seed"])
    digest = digest_of(torchvision.models.squeezenet1_1(num_classes=4).state_dict())
    reference = training.config.references["Teacher"]
    assert training.entry.run(0).provenance["made_from"]["Teacher"] == {
        "fingerprint": reference.fingerprint,
        "network": NAMED,
        "digest": digest,
    }
    assert store.find(reference.fingerprint).document()[WEIGHTS_DIGEST] == digest


def test_other_weights_of_a_published_name_are_refused_later(trainer, library):
    trainer(**LARGE, VanillaKD=True, Teacher=NAMED).result()
    library["seed"] = 3
    with pytest.raises(ModelError, match="are not those that were used before under this name: the digest"):
        trainer(**LARGE, VanillaKD=True, Teacher=NAMED, Seed=1).result()


def test_a_published_teacher_of_a_thousand_classes_is_refused(trainer, library):
    library["classes"] = 1000
    with pytest.raises(ModelError, match=r"and 4 classes: they do not fit classifier\.1\.weight"):
        trainer(**LARGE, VanillaKD=True, Teacher=NAMED).result()


def test_a_warm_start_from_published_weights_has_a_new_head(trainer, library):
    library["classes"] = 1000
    keys = {"Model": "torchvision/squeezenet1_1", "PreTrained": True, "PreTrainedFrom": NAMED}
    training = trainer(**LARGE, **keys)
    training.result()
    fresh = training.entry.run(0).provenance["pretrained"]["fresh"]
    assert fresh == ["classifier.1.weight", "classifier.1.bias"]
    torch.manual_seed(library["seed"])
    source = torchvision.models.squeezenet1_1().state_dict()
    found = load_file(training.entry.weights(0, "Last"))
    assert all(torch.equal(found[key], source[key]) for key in found if key not in fresh)


def test_a_random_foreign_network_is_drawn_from_the_seed_of_the_config(trainer):
    found = {}
    for seed in (0, 1):
        training = trainer(**LARGE, VanillaKD=True, Teacher="timm/test_resnet", Seed=seed)
        found[seed] = training.network("Teacher").load_for(training.load_dataset()).state_dict()
        expected = build("timm/test_resnet", (3, 32, 32), 4, seed=seed).state_dict()
        assert all(torch.equal(found[seed][key], expected[key]) for key in expected)
    assert not torch.equal(found[0]["conv1.0.weight"], found[1]["conv1.0.weight"])


def test_a_random_network_has_no_weights_before_it_is_built(trainer):
    network = trainer(**LARGE, VanillaKD=True, Teacher="timm/test_resnet").network("Teacher")
    with pytest.raises(ModelError, match="names no weights to begin from: write timm/test_resnet@WEIGHTS"):
        network.state()


def test_an_unknown_network_is_refused_with_the_nearest_name(trainer):
    with pytest.raises(UnknownNameError, match="Did you mean 'torchvision/resnet18'"):
        trainer(VanillaKD=True, Teacher="torchvision/resnt18").result()


@pytest.mark.parametrize("keys", [{"TeacherRun": 1}, {"TeacherWeights": "Best"}])
def test_keys_that_choose_a_run_are_refused_for_foreign_networks(keys, resolver, store, tmp_path, tiny, teacher_file):
    config = resolver.resolve({**tiny, "VanillaKD": True, "Teacher": f"resnet8@{teacher_file[0]}", **keys})
    with pytest.raises(
        ConfigError, match=r"choose among the runs of an experiment, and the network resnet8@w\.pth has none"
    ):
        Worker(store, tmp_path).train(config)


def test_a_moved_file_of_weights_is_found_at_the_path_of_the_config(trainer, store, teacher_file, tmp_path):
    path, _ = teacher_file
    first = trainer(VanillaKD=True, Teacher=f"resnet8@{path}")
    first.result()
    moved = path.rename(tmp_path / "moved.pth")
    second = trainer(VanillaKD=True, Teacher=f"resnet8@{moved}", NumRuns=2)
    assert second.entry == first.entry
    assert second.result().n == 2
    assert store.find(second.config["Teacher"]).document()["Place"] == str(moved)


def test_a_network_whose_source_is_unknown_is_refused_with_the_reason(trainer, teacher_file):
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{teacher_file[0]}")
    given = training.networks["Teacher"]
    lost = dataclasses.replace(given.reference, source=None, obstacle="its library is unknown")
    with pytest.raises(ModelError, match=r"'resnet8@w\.pth' cannot be built: its library is unknown"):
        dataclasses.replace(given, reference=lost).load_for(training.load_dataset())


def test_a_trained_network_of_another_library_is_loaded_from_the_cache(trainer):
    training = trainer(**LARGE, Model="torchvision/squeezenet1_1")
    training.result()
    again = TrainedNetwork(training.config, training.entry).load()
    found = training.evaluate(again, training.load_dataset()).numbers
    assert found == pytest.approx(dict(training.entry.run(0).scores), rel=1e-5)
