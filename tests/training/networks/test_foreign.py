"""Networks from elsewhere as teachers and beginnings; the oracle is the library's own network and torch's own files."""

import dataclasses

import pytest
import torch
import torchvision

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
    """The weights of a teacher in a file, as its own training might have saved them, and the teacher."""
    teacher = build("resnet8", (3, 4, 4), 4, seed=9)
    torch.save(
        {"state_dict": {f"module.{key}": each for key, each in teacher.state_dict().items()}}, tmp_path / "w.pth"
    )
    return tmp_path / "w.pth", teacher.eval()


@pytest.fixture
def library(monkeypatch):
    """torchvision, with weights of its own that need no network."""
    theirs = {"classes": 4, "seed": 2}

    def get_model(name, weights=None, num_classes=1000, progress=True):
        torch.manual_seed(theirs["seed"])
        classes = theirs["classes"] if weights else num_classes
        return torchvision.models.squeezenet1_1(num_classes=classes)

    monkeypatch.setattr(torchvision.models, "get_model", get_model)
    return theirs


def test_a_teacher_in_a_file_teaches_what_the_saved_network_gives(trainer, teacher_file):
    path, teacher = teacher_file
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{path}", UseCELoss=False)
    training.result()
    dataset = training.load_dataset()
    images = Normalizer.of(dataset.normalization, dataset.shape)(dataset.test.pixels)
    accuracy = (teacher(images).argmax(1) == dataset.test.labels).float().mean().item()
    assert training.entry.run(0).scores["teacher_accuracy"] == pytest.approx(accuracy)


def test_a_run_records_whose_weights_taught_it(trainer, teacher_file):
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{teacher_file[0]}")
    training.result()
    reference = training.config.references["Teacher"]
    assert training.entry.run(0).provenance["made_from"] == {
        "Teacher": {"fingerprint": reference.fingerprint, "network": "resnet8@w.pth", "digest": reference.source.digest}
    }


def test_the_entry_says_what_the_network_is_and_has_no_runs(trainer, store, teacher_file):
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{teacher_file[0]}", BatchNorm=True)
    training.result()
    reference = training.config.references["Teacher"]
    entry = store.find(reference.fingerprint)
    document = entry.document()
    assert document["Active"] == {"Network": "resnet8", "Digest": reference.source.digest} | architecture(training)
    assert document["Place"] == str(teacher_file[0])
    assert [path.name for path in entry.path.iterdir()] == ["Config.json"]


def architecture(training):
    """What of the config builds a resnet8: the keys that count for it and not for every network."""
    return dict(training.config.references["Teacher"].source.parameters)


def test_how_the_network_is_built_is_part_of_its_name(resolver, teacher_file, tiny):
    path, _ = teacher_file
    taught = {**tiny, "Model": "resnet14", "VanillaKD": True, "Teacher": f"resnet8@{path}"}
    plain, same, other = (
        resolver.resolve({**taught, **keys}) for keys in ({}, {"BatchNorm": True}, {"BatchNorm": False})
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
    with pytest.raises(ModelError, match="are not those that the experiment was named by: their SHA-256 is"):
        training.result()
    path.unlink()
    with pytest.raises(ModelError, match=r"w\.pth cannot be read: No such file"):
        training.result()


def test_published_weights_teach_and_their_digest_is_recorded(trainer, store, library):
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


def test_other_weights_under_a_published_name_are_refused_later(trainer, library):
    trainer(**LARGE, VanillaKD=True, Teacher=NAMED).result()
    library["seed"] = 3
    with pytest.raises(ModelError, match="are not those that were used before under this name: the digest"):
        trainer(**LARGE, VanillaKD=True, Teacher=NAMED, Seed=1).result()


def test_a_published_teacher_of_a_thousand_classes_is_refused(trainer, library):
    library["classes"] = 1000
    with pytest.raises(ModelError, match=r"and 4 classes: they do not fit classifier\.1\.weight"):
        trainer(**LARGE, VanillaKD=True, Teacher=NAMED).result()


def test_a_network_begins_from_published_weights_with_a_head_of_its_own(trainer, library):
    library["classes"] = 1000
    keys = {"Model": "torchvision/squeezenet1_1", "PreTrained": True, "PreTrainedFrom": NAMED}
    training = trainer(**LARGE, **keys)
    training.result()
    fresh = training.entry.run(0).provenance["pretrained"]["fresh"]
    assert fresh == ["classifier.1.weight", "classifier.1.bias"]
    torch.manual_seed(library["seed"])
    theirs = torchvision.models.squeezenet1_1().state_dict()
    from safetensors.torch import load_file

    ours = load_file(training.entry.weights(0, "Last"))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours if key not in fresh)


def test_a_random_network_from_elsewhere_is_drawn_from_the_configs_seed(trainer):
    found = {}
    for seed in (0, 1):
        training = trainer(**LARGE, VanillaKD=True, Teacher="timm/test_resnet", Seed=seed)
        found[seed] = training.network("Teacher").load_for(training.load_dataset()).state_dict()
        expected = build("timm/test_resnet", (3, 32, 32), 4, seed=seed).state_dict()
        assert all(torch.equal(found[seed][key], expected[key]) for key in expected)
    assert not torch.equal(found[0]["conv1.0.weight"], found[1]["conv1.0.weight"])


def test_nothing_begins_from_random_weights(trainer):
    keys = {"Model": "timm/test_resnet", "PreTrained": True, "PreTrainedFrom": "timm/test_resnet"}
    with pytest.raises(ModelError, match="names no weights to begin from: write timm/test_resnet@WEIGHTS"):
        trainer(**LARGE, **keys).result()


def test_a_network_that_does_not_exist_is_refused_with_the_nearest(trainer):
    with pytest.raises(UnknownNameError, match="Did you mean 'torchvision/resnet18'"):
        trainer(VanillaKD=True, Teacher="torchvision/resnt18").result()


@pytest.mark.parametrize("keys", [{"TeacherRun": 1}, {"TeacherWeights": "Best"}])
def test_a_network_without_runs_has_none_to_choose_from(keys, resolver, store, tmp_path, tiny, teacher_file):
    config = resolver.resolve({**tiny, "VanillaKD": True, "Teacher": f"resnet8@{teacher_file[0]}", **keys})
    with pytest.raises(
        ConfigError, match=r"choose among the runs of an experiment, and the network resnet8@w\.pth has none"
    ):
        Worker(store, tmp_path).train(config)


def test_a_file_that_moved_is_found_where_the_config_says(trainer, store, teacher_file, tmp_path):
    path, _ = teacher_file
    first = trainer(VanillaKD=True, Teacher=f"resnet8@{path}")
    first.result()
    moved = path.rename(tmp_path / "moved.pth")
    second = trainer(VanillaKD=True, Teacher=f"resnet8@{moved}", NumRuns=2)
    assert second.entry == first.entry
    assert second.result().n == 2
    assert store.find(second.config["Teacher"]).document()["Place"] == str(moved)


def test_a_network_whose_source_is_unknown_says_so(trainer, teacher_file):
    training = trainer(VanillaKD=True, Teacher=f"resnet8@{teacher_file[0]}")
    given = training.networks["Teacher"]
    lost = dataclasses.replace(given.reference, source=None, obstacle="nobody knows it")
    with pytest.raises(ModelError, match=r"'resnet8@w\.pth' cannot be built: nobody knows it"):
        dataclasses.replace(given, reference=lost).load_for(training.load_dataset())


def test_a_trained_network_of_another_library_comes_back_from_the_cache(trainer):
    training = trainer(**LARGE, Model="torchvision/squeezenet1_1")
    training.result()
    again = TrainedNetwork(training.config, training.entry).load()
    found = training.evaluate(again, training.load_dataset()).numbers
    assert found == pytest.approx(dict(training.entry.run(0).scores), rel=1e-5)
