"""Fingerprints: which configs are one experiment; the oracles are hashes by hand and golden fingerprints."""

import hashlib
import json
import random

import pytest

from Arch.config.resolve import Resolver
from Arch.errors import ConfigError, InactiveKeyError
from tests.repository import ROOT

GOLDEN = json.loads((ROOT / "tests" / "golden" / "fingerprints.json").read_text())
RENAMED = (
    "The experiment {name!r} has another name than before, so every result of its kind would be lost. "
    "If that is meant, start the commit's message with 'RENAMES RESULTS:' and write {new} into tests/golden/."
)
PLAIN = {"Dataset": "CIFAR10", "Model": "resnet8x4"}
TAUGHT = {**PLAIN, "VanillaKD": True, "Teacher": "resnet32x4"}


def name(resolver, *parts, **keys):
    """The fingerprint of a config."""
    return resolver.resolve({key: value for part in (*parts, keys) for key, value in part.items()}).fingerprint


def test_the_fingerprint_is_the_digest_of_the_named_values_by_hand(resolver):
    text = '{"Dataset":"Digits","MLPWidths":[16],"MaxLR":0.01,"Model":"MLP","Seed":3,"Validation":0.25}'
    asked = {"Model": "MLP", "Dataset": "Digits", "Seed": 3.0, "MLPWidths": [16.0], "MaxLR": 1e-2, "Validation": 0.25}
    assert name(resolver, asked) == hashlib.sha256(text.encode()).hexdigest()[:32]


def test_the_fingerprint_contains_the_teachers_by_hand(resolver):
    teacher = '{"BatchSize":64,"Dataset":"CIFAR10","Model":"resnet32x4"}'
    digest = hashlib.sha256(teacher.encode()).hexdigest()[:32]
    student = f'{{"BatchSize":64,"Dataset":"CIFAR10","Model":"resnet8x4","Teacher":"{digest}","VanillaKD":true}}'
    assert name(resolver, TAUGHT, BatchSize=64) == hashlib.sha256(student.encode()).hexdigest()[:32]


def test_text_beyond_ascii_is_hashed_as_composed_utf_8_by_hand(resolver):
    text = '{"DataName":"caf\u00e9","Dataset":"ImageFolder","Model":"resnet8"}'
    asked = {"Dataset": "ImageFolder", "DataName": "cafe\u0301", "Model": "resnet8"}
    assert name(resolver, asked) == hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def test_large_and_whole_numbers_have_one_text_by_hand(resolver):
    text = '{"Dataset":"Digits","Epsilon":1e-12,"LGLossWeight":1e+300,"Model":"MLP","Teacher":"%s","VanillaKD":true}'
    teacher = '{"Dataset":"Digits","Epsilon":1e-12,"Model":"resnet8"}'
    digest = hashlib.sha256(teacher.encode()).hexdigest()[:32]
    asked = {"Dataset": "Digits", "Model": "MLP", "VanillaKD": True, "Teacher": "resnet8", "LGLossWeight": 1e300}
    assert name(resolver, asked, Epsilon=1e-12) == hashlib.sha256((text % digest).encode()).hexdigest()[:32]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PLAIN, dict(reversed(PLAIN.items()))),
        ({**PLAIN, "MaxLR": 1}, {**PLAIN, "MaxLR": 1.0}),
        ({**PLAIN, "NumEpochs": 5}, {**PLAIN, "NumEpochs": 5.0}),
        ({**PLAIN, "WeightDecay": 0.0}, {**PLAIN, "WeightDecay": -0.0}),
        (
            {"Dataset": "ImageFolder", "Model": "resnet8", "DataName": "caf\u00e9"},
            {"Dataset": "ImageFolder", "Model": "resnet8", "DataName": "cafe\u0301"},
        ),
        (
            {"Dataset": "Digits", "Model": "MLP", "MLPWidths": (8, 4)},
            {"Dataset": "Digits", "Model": "MLP", "MLPWidths": [8, 4]},
        ),
        (PLAIN, {**PLAIN, "BatchSize": 128}),
        (PLAIN, {**PLAIN, "VanillaKD": False, "Select": "validation", "Validation": 0, "Normalization": "MeanVar"}),
        (PLAIN, {**PLAIN, "Momentum": 0.5}),
        (PLAIN, {**PLAIN, "LearningRate": 5.0}),
        (PLAIN, {**PLAIN, "Teacher": "resnet32x4", "Temperature": 9}),
        (PLAIN, {**PLAIN, "MLPWidths": [1], "CropPadding": 1, "TeacherLayers": [1, 2], "Kn": 0.5}),
        (PLAIN, {**PLAIN, "NumRuns": 5, "TensorBoard": True, "DataPath": "elsewhere"}),
        (PLAIN, {**PLAIN, "SaveModel": True, "CheckpointInterval": -1}),
        (PLAIN, {**PLAIN, "SeperateLinear": False}),
        ({**PLAIN, "Dataset": "CIFAR100"}, {**PLAIN, "Dataset": "CIFAR100F"}),
        ({**PLAIN, "LRScheduler": "None"}, {**PLAIN, "LRScheduler": "Constant"}),
        (TAUGHT, {**TAUGHT, "AugmentTeacher": False}),
    ],
)
def test_two_spellings_of_an_experiment_have_one_fingerprint(one, other, resolver):
    assert name(resolver, one) == name(resolver, other)


@pytest.mark.parametrize(
    "change",
    [
        {"Model": "resnet8"},
        {"Dataset": "CIFAR100F"},
        {"Seed": 1},
        {"MaxLR": 0.01},
        {"Precision": "bfloat16"},
        {"EvalInterval": 2},
        {"TrainSamples": 5000},
        {"Select": "test"},
        {"Temperature": 2},
        {"Teacher": "resnet110"},
        {"TeacherRun": 1},
        {"TeacherWeights": "Best"},
        {"Teacher": {**PLAIN, "Model": "resnet32x4", "MaxLR": 0.02}},
        {"Teacher": {**PLAIN, "Model": "resnet32x4", "Seed": 1}},
    ],
)
def test_an_active_value_changes_the_fingerprint(change, resolver):
    assert name(resolver, TAUGHT) != name(resolver, {**TAUGHT, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"DataAugmentation": 1},
        {"MaxLR": True},
        {"Seed": "1"},
        {"MaxLR": "1"},
        {"Model": 1},
        {"MLPWidths": ["1"]},
        {"Nesterov": 0},
        {"Seed": False},
        {"Seed": None},
    ],
)
def test_true_and_text_are_no_numbers(change, resolver):
    with pytest.raises(ConfigError, match=f"config: {next(iter(change))}: expected "):
        name(resolver, PLAIN, change)


def test_a_misspelt_key_is_refused_with_the_nearest_one(resolver):
    with pytest.raises(ConfigError, match=r"unknown key 'LearningRatee'\. Did you mean 'LearningRate'"):
        name(resolver, PLAIN, LearningRatee=0.1)


def test_avg_tokens_counts_for_vision_transformers_only(resolver):
    vit, cnn = {"Dataset": "CIFAR10", "Model": "ViT_ETT"}, {"Dataset": "CIFAR10", "Model": "ResNet9"}
    assert name(resolver, vit, AvgTokens=False) != name(resolver, vit, AvgTokens=True)
    assert name(resolver, cnn, AvgTokens=False) == name(resolver, cnn, AvgTokens=True)


def test_the_fingerprint_of_one_cycle_has_the_rate_that_it_reads(resolver):
    cycle = resolver.resolve({**PLAIN, "MaxLR": 0.01, "LearningRate": 0.5})
    assert cycle["MaxLR"] == 0.01
    with pytest.raises(InactiveKeyError):
        cycle["LearningRate"]
    constant = {**PLAIN, "LRScheduler": "Constant"}
    assert name(resolver, constant, LearningRate=0.5) != name(resolver, constant, LearningRate=0.1)
    assert name(resolver, constant, MaxLR=0.5) == name(resolver, constant, MaxLR=0.1)


def test_the_number_of_runs_is_no_part_of_the_fingerprint(resolver):
    assert len({name(resolver, PLAIN, NumRuns=runs) for runs in range(1, 26)}) == 1


def test_a_condition_on_a_dataset_does_not_hold_for_a_longer_name(resolver_of):
    rules = {"Dataset": "CIFAR100F", "Dataset:CIFAR10:Params": {"X": 1}}
    assert "X" not in resolver_of(rules).resolve({}).active
    assert "X" in resolver_of(rules).resolve({"Dataset": "CIFAR10"}).active


def test_resolving_leaves_the_config_and_the_disk_as_they_were(rules_path, write, tmp_path):
    raw = {**TAUGHT, "Teacher": "a/teacher.json", "MLPWidths": [1]}
    write("a/teacher.json", PLAIN)
    path = write("student.json", raw)
    before = {place: place.stat().st_mtime_ns for place in tmp_path.rglob("*")}
    Resolver.at(rules_path).load(path).document()
    Resolver.at(rules_path).resolve(raw, tmp_path)
    assert {place: place.stat().st_mtime_ns for place in tmp_path.rglob("*")} == before
    assert raw == {**TAUGHT, "Teacher": "a/teacher.json", "MLPWidths": [1]}


def fingerprint_of(case, rules, folder):
    """A golden case's fingerprint under some rules, its files laid out in a folder."""
    for place, document in case.get("files", {}).items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(json.dumps(document))
    (folder / "config.json").write_text(json.dumps(case["config"]))
    return Resolver.at(rules).load(folder / "config.json").fingerprint


@pytest.mark.parametrize("case", GOLDEN)
def test_no_fingerprint_has_changed(case, rules_path, tmp_path):
    found = fingerprint_of(GOLDEN[case], rules_path, tmp_path)
    assert found == GOLDEN[case]["fingerprint"], RENAMED.format(name=case, new=found)


def test_there_are_enough_golden_fingerprints_and_few_are_shared():
    assert len(GOLDEN) >= 40
    assert len({case["fingerprint"] for case in GOLDEN.values()}) == len(GOLDEN) - 1  # CIFAR100 is CIFAR100F


ADDED = [
    {"ZNew": 5, **{f"Z{number}": [number] for number in range(20)}},
    {"VanillaKD:Params": {"ZNew": False, "ZNew:Params": {"ZInner": 1.5}}},
    {"Model:resnet*:Params": {"ZNew": "x"}, "ZMode": "a", "ZMode:a:Params": {"ZInner": True}},
]


@pytest.mark.parametrize("added", ADDED, ids=range(len(ADDED)))
def test_a_new_key_with_a_default_changes_no_fingerprint(added, rules_path, tmp_path):
    document = json.loads(rules_path.read_text())
    for key, value in added.items():
        document[key] = {**document.get(key, {}), **value} if key.endswith(":Params") else value
    rules = tmp_path / "rules.cjson"
    rules.write_text(json.dumps(document))
    assert all(fingerprint_of(case, rules, tmp_path) == case["fingerprint"] for case in GOLDEN.values())
    assert "ZNew" in Resolver.at(rules).resolve(TAUGHT).active


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rules_file_changes_no_fingerprint(seed, rules_path, tmp_path):
    rules = tmp_path / "rules.cjson"
    rules.write_text(json.dumps(shuffled(json.loads(rules_path.read_text()), random.Random(seed))))
    assert all(fingerprint_of(case, rules, tmp_path) == case["fingerprint"] for case in GOLDEN.values())


def shuffled(stanza, rng):
    """The members of a stanza, and of those within, in another order."""
    members = [
        (name, shuffled(value, rng) if ":" in name and isinstance(value, dict) else value)
        for name, value in stanza.items()
    ]
    rng.shuffle(members)
    return dict(members)


def test_the_default_that_conditions_read_does_not_depend_on_the_order(resolver_of):
    stanzas = {"Mode:a:Params": {"Sub": "x"}, "Mode:b:Params": {"Sub": "y"}, "Sub:y:Params": {"Gated": 1}}
    for document in (stanzas, dict(reversed(stanzas.items()))):
        assert "Gated" in resolver_of({"Mode": "b", **document}).resolve({}).active
        assert "Gated" not in resolver_of({"Mode": "c", **document}).resolve({}).active
