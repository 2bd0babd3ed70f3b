"""The versions of references to networks that bring normalisation constants. The oracle is the rules file."""

import pytest

from tests.config.teachers import STUDENT, TEACHER, taught_by

PUBLISHED = "torchvision/resnet18@IMAGENET1K_V1"
WARM = {**TEACHER, "PreTrained": True}


def normalization_versions(config):
    return {key: number for key, number in config.versions.items() if key.endswith(".normalization")}


@pytest.mark.parametrize("teacher", [PUBLISHED, "timm/resnet18@a1_in1k"])
def test_published_weights_have_the_version_of_their_reference(resolver, teacher):
    assert normalization_versions(taught_by(resolver, teacher)) == {"Teacher.normalization": 2}


def test_the_constants_of_the_dataset_have_no_version(resolver):
    assert normalization_versions(taught_by(resolver, PUBLISHED, TeacherNormalization="Dataset")) == {}


@pytest.mark.parametrize("teacher", ["torchvision/resnet18", "resnet20", TEACHER])
def test_networks_without_other_constants_have_no_version(resolver, teacher):
    assert normalization_versions(taught_by(resolver, teacher)) == {}


@pytest.mark.parametrize("keys", [{"Dataset": "SVHN"}, {"DownSample": 16}, {"Normalization": "None"}])
def test_a_warm_start_from_other_data_has_a_version(resolver, keys):
    config = resolver.resolve({**WARM, "PreTrainedFrom": {**TEACHER, **keys}})
    assert normalization_versions(config) == {"PreTrainedFrom.normalization": 2}


@pytest.mark.parametrize("keys", [{}, {"Seed": 1}, {"Model": "resnet20"}])
def test_a_warm_start_from_the_same_data_has_no_version(resolver, keys):
    assert normalization_versions(resolver.resolve({**WARM, "PreTrainedFrom": {**TEACHER, **keys}})) == {}


def test_the_new_keys_rename_nothing(resolver):
    for key in ("TeacherNormalization", "PreTrainedFromNormalization"):
        given = {**STUDENT, "Teacher": TEACHER, "PreTrained": True, "PreTrainedFrom": TEACHER}
        assert resolver.resolve(given).fingerprint == resolver.resolve({**given, key: "Own"}).fingerprint
        assert resolver.resolve(given).fingerprint != resolver.resolve({**given, key: "Dataset"}).fingerprint


@pytest.mark.parametrize(("key", "given"), [("Teacher", STUDENT), ("PreTrainedFrom", WARM)])
def test_a_file_of_weights_gets_a_note_unless_the_config_says_the_constants(resolver, tmp_path, key, given):
    (tmp_path / "w.pth").write_bytes(b"weights")
    config = {**given, key: f"resnet20@{tmp_path}/w.pth"}
    (note,) = resolver.resolve(config).notes
    assert note.startswith(f"{key}: the file of resnet20@w.pth does not say with which normalisation")
    assert f"{key}Normalization chooses others" in note
    assert resolver.resolve({**config, f"{key}Normalization": "Dataset"}).notes == ()
