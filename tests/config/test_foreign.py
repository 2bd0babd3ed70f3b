"""Fingerprints of foreign networks; the oracle is the hash of their parts by hand."""

import hashlib
import json

import pytest

from Arch.config.config import Config
from Arch.config.foreign import ForeignNetwork, ForeignSource, is_foreign, source_of
from Arch.errors import ConfigError
from tests.config.teachers import STUDENT, TEACHER, taught_by

BEGUN = {**TEACHER, "PreTrained": True}


def hashed(**named):
    return hashlib.sha256(json.dumps(named, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:32]


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "w.pth").write_bytes(b"weights")
    return hashlib.sha256(b"weights").hexdigest()


@pytest.mark.parametrize(("seed", "named"), [(0, {}), (3, {"Seed": 3})])
def test_the_seed_of_a_random_network_counts_unless_it_is_the_default(seed, named, resolver):
    teacher = taught_by(resolver, "timm/resnet18", Seed=seed).references["Teacher"]
    assert teacher.fingerprint == hashed(Network="timm/resnet18", **named)


def test_a_network_that_names_no_weights_is_noted_as_a_teacher_and_refused_as_a_beginning(resolver):
    [note] = taught_by(resolver, "timm/resnet18").notes
    assert note == "Teacher: timm/resnet18 has random weights; timm/resnet18@WEIGHTS names trained ones."
    assert taught_by(resolver, "timm/resnet18@a1_in1k").notes == ()
    with pytest.raises(ConfigError, match=r"PreTrainedFrom: timm/resnet18 names no weights: write timm/resnet18@WEI"):
        resolver.resolve({**BEGUN, "PreTrainedFrom": "timm/resnet18"})


def test_published_weights_do_not_depend_on_the_seed(resolver):
    name = "torchvision/resnet18@IMAGENET1K_V1"
    found = [taught_by(resolver, name, Seed=seed)["Teacher"] for seed in (0, 3)]
    assert found == [hashed(Network=name)] * 2


@pytest.mark.parametrize(
    ("model", "keys", "named"),
    [
        ("MLP", {}, {}),
        ("MLP", {"MLPWidths": [512, 512]}, {}),
        ("MLP", {"MLPWidths": [64], "BatchNorm": False}, {"MLPWidths": [64]}),
        ("resnet20", {"MLPWidths": [64], "BatchNorm": False}, {"BatchNorm": False}),
        ("resnet20", {"WeightDecay": 0.1, "Seed": 3, "TrainSamples": 50}, {}),
    ],
)
def test_a_file_is_named_by_its_digest_and_by_how_its_network_is_built(model, keys, named, resolver, tmp_path, weights):
    teacher = taught_by(resolver, f"{model}@w.pth", tmp_path, **keys).references["Teacher"]
    assert teacher.fingerprint == hashed(Network=model, Digest=weights, **named)
    assert teacher.source.place == tmp_path / "w.pth"


@pytest.mark.parametrize("keys", [{"Seed": 1}, {"BatchNorm": False}])
@pytest.mark.parametrize("teacher", ["timm/resnet18", "resnet20@w.pth", "torchvision/resnet18@IMAGENET1K_V1"])
def test_a_student_resolved_after_another_equals_the_student_resolved_alone(
    teacher, keys, resolver, resolver_of, tmp_path, weights
):
    raw = {**STUDENT, "Seed": 0, "BatchNorm": True, "Teacher": teacher}
    resolver.resolve(raw, tmp_path)
    beside = resolver.resolve({**raw, **keys}, tmp_path)
    alone = type(resolver)(resolver.rules).resolve({**raw, **keys}, tmp_path)
    assert (beside.fingerprint, beside["Teacher"]) == (alone.fingerprint, alone["Teacher"])


@pytest.mark.parametrize(
    "source",
    [
        ForeignSource("torchvision/resnet18", "IMAGENET1K_V1"),
        ForeignSource("timm/resnet18", seed=3),
        ForeignSource("MLP", "", None, "d" * 64, 0, {"MLPWidths": [8]}, {"MLPWidths": [4]}),
    ],
)
def test_a_source_is_read_back_from_an_entry(source):
    document = ForeignNetwork(source.title, "f" * 32, source=source).document()
    assert source_of(document["Active"], document["Defaults"]) == source
    assert is_foreign(document["Active"])
    assert not is_foreign(TEACHER)


def test_a_warm_start_is_the_same_however_it_is_referred_to(resolver, write, tmp_path):
    alone = resolver.resolve(TEACHER).fingerprint
    write("begin.json", TEACHER)
    for way in (TEACHER["Model"], TEACHER, "begin.json"):
        config = resolver.resolve({**BEGUN, "PreTrainedFrom": way}, tmp_path)
        assert isinstance(config.references["PreTrainedFrom"], Config)
        assert config["PreTrainedFrom"] == alone
        config.require_implemented()


def test_a_bare_teacher_of_a_pretrained_student_learns_from_scratch(resolver):
    student = taught_by(resolver, "resnet32x4", PreTrained=True, PreTrainedFrom="resnet8x4")
    teacher = student.references["Teacher"]
    assert (teacher["PreTrained"], teacher.references) == (False, {})
    assert teacher.fingerprint == resolver.resolve(TEACHER).fingerprint


def test_the_source_of_a_warm_start_is_part_of_the_fingerprint(resolver):
    names = {
        resolver.resolve({**BEGUN, "PreTrainedFrom": f"torchvision/resnet50@IMAGENET1K_V{number}"}).fingerprint
        for number in (1, 2)
    }
    assert len(names) == 2


def test_a_member_of_a_family_has_the_familys_version(resolver):
    assert resolver.resolve({**TEACHER, "Model": "torchvision/resnet18"}).versions["Model"] == 1


@pytest.mark.parametrize("model", ["torchvision/resnet18", "timm/resnet18", "logitdist/mlp", "stitching/resnet18"])
@pytest.mark.parametrize("key", ["BatchNorm", "AvgTokens", "UseCustomReLU", "MLPWidths"])
def test_only_keys_that_build_a_foreign_network_change_its_fingerprint(model, key, resolver):
    assert key not in resolver.resolve({**TEACHER, "Model": model}).active
