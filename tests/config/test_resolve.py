"""Resolving: a document becomes a config, or is refused with a message of one sentence."""

import json
import re

import pytest

from Arch.errors import ConfigError

PLAIN = {"Dataset": "CIFAR10", "Model": "resnet8x4"}


def refused(resolver, raw):
    with pytest.raises(ConfigError) as refusal:
        resolver.resolve(raw)
    return str(refusal.value)


def test_each_key_is_active_an_option_or_switched_off(resolver):
    config = resolver.resolve({**PLAIN, "NumRuns": 3, "Momentum": 0.5})
    parts = [set(config.active), set(config.options), set(config.off)]
    assert set.union(*parts) == set(resolver.rules.keys)
    assert sum(map(len, parts)) == len(resolver.rules.keys)
    assert config.options["NumRuns"] == 3
    assert config.off["Momentum"] == 0.5
    assert config.off["Nesterov"] is None


@pytest.mark.parametrize(
    ("change", "switched_on"),
    [
        ({"Optimizer": "SGD"}, {"Momentum", "Nesterov"}),
        ({"Optimizer": "Adam"}, {"Beta1", "Beta2", "Epsilon"}),
        ({"LRScheduler": "Constant"}, {"LearningRate", "WarmupEpochs"}),
        ({"LRScheduler": "MultiStep"}, {"LearningRate", "WarmupEpochs", "LRSteps", "LRStepMult"}),
        ({"LRScheduler": "Exp"}, {"LearningRate", "WarmupEpochs", "ExpPower"}),
        ({"LRScheduler": "Cosine"}, {"LearningRate", "WarmupEpochs", "CosineFinalLR"}),
        ({"LRScheduler": "OneCycle"}, {"MaxLR", "PctStart"}),
        (
            {"DataAugmentation": True},
            {"CropPadding", "HorizontalFlip", "RandAugment", "Cutout", "RandomErasing", "Mixup", "CutMix"},
        ),
        ({"RandAugment": 1, "DataAugmentation": True}, {"RandAugmentMagnitude"}),
        ({"Cutout": 2, "DataAugmentation": True}, {"ErasingValue"}),
        (
            {"RandomErasing": 0.5, "DataAugmentation": True},
            {"ErasingMinArea", "ErasingMaxArea", "ErasingMinAspect", "ErasingValue"},
        ),
        ({"Mixup": 0.2, "DataAugmentation": True}, {"MixProbability"}),
        ({"Mixup": 0.2, "CutMix": 1.0, "DataAugmentation": True}, {"MixProbability", "CutMixShare"}),
        ({"Model": "MLP"}, {"MLPWidths", "MLPDropout", "UseCustomReLU"}),
        ({"Model": "resnet8"}, {"BatchNorm", "UseCustomReLU"}),
        ({"Model": "MobileNetV2"}, {"BatchNorm"}),
        ({"UseCustomReLU": True, "Model": "ResNet9"}, {"Kn", "Kp"}),
        ({"Model": "ViT_B", "UseCustomReLU": True}, {"AvgTokens"}),
        ({"UseCELoss": True}, {"CELossWeight", "LabelSmoothing"}),
        ({"UseCELoss": False}, set()),
        ({"Select": "validation"}, {"Validation"}),
        ({"Select": "test"}, set()),
        (
            {"VanillaKD": True, "Teacher": "resnet20"},
            {
                *("Temperature", "LGLossWeight", "NormalizeLogits"),
                *("Teacher", "TeacherRun", "TeacherWeights", "TeacherNormalization"),
            },
        ),
        (
            {"Dataset": "Synthetic"},
            {"SyntheticClasses", "SyntheticSize", "SyntheticChannels", "SyntheticSamples"},
        ),
        ({"Dataset": "ImageFolder", "DataName": "x"}, {"DataName"}),
    ],
)
def test_a_value_switches_its_own_keys_on(change, switched_on, resolver):
    gate = next(iter(change))
    others = {key for rule in resolver.rules.keys.values() if gate in rule.depends_on() for key in [rule.name]}
    assert others & set(resolver.resolve({**PLAIN, **change}).active) == switched_on


@pytest.mark.parametrize("kd", [False, True])
@pytest.mark.parametrize("features", [False, True])
@pytest.mark.parametrize("augmented", [False, True])
def test_a_teacher_is_augmented_only_where_there_is_one_and_augmentation(kd, features, augmented, resolver):
    raw = {**PLAIN, "VanillaKD": kd, "FeatureKD": features, "DataAugmentation": augmented, "Teacher": "resnet20"}
    active = resolver.resolve(raw).active
    assert ("AugmentTeacher" in active) == ((kd or features) and augmented)
    assert ("Teacher" in active) == (kd or features)


def test_all_mistakes_name_file_and_line(resolver, write):
    path = write("c.json", '{"Dataset": "CIFAR10",\n"Model": "resnet8",\n\n"BatchSize": "64"}')
    with pytest.raises(ConfigError) as refusal:
        resolver.load(path)
    assert str(refusal.value) == f'{path}:4: BatchSize: expected a whole number, got "64".'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Dataset": ""}, "config: Dataset has to be given: What is learned. One of: Digits, CIFAR10,"),
        ({"Model": ""}, "config: Model has to be given: The network that is trained. One of: MLP,"),
        ({"VanillaKD": True}, "config: Teacher has to be given: The network to learn from"),
        ({"Dataset": "ImageFolder"}, "config: DataName has to be given: The name of the data"),
        ({"Model": "Resnet8"}, "config: Model: expected one of its choices, got \"Resnet8\". Did you mean 'resnet8'"),
        ({"Model": "ViT_*"}, 'config: Model: expected one of its choices, got "ViT_*".'),
        ({"NumRuns": 0}, "config: NumRuns: expected at least 1, got 0."),
        ({"Optimizer": ""}, 'config: Optimizer: expected one of its choices, got "".'),
        ({"BatchSize": 1}, "config: BatchSize: expected at least 2, got 1."),
        ({"Validation": 1.0}, "config: Validation: expected less than 1, got 1.0."),
        ({"batchsize": 64}, "Did you mean 'BatchSize' (names are case-sensitive)?"),
        ({"Zebra": 1}, "config: unknown key 'Zebra'. `main.py names keys` lists all keys."),
        ({"": 1}, "config: unknown key ''."),
        ({":": []}, "config: unknown key ':'."),
        ({3: 1}, "config: expected keys that are text, got 3."),
        ({"SeperateLinear": True, "SeparateLinear": False}, "'SeperateLinear' is another spelling of 'SeparateLinear'"),
        ({"SeperateLinear": 1}, "config: SeperateLinear: expected true or false, got 1."),
    ],
)
def test_a_mistake_is_reported_in_a_sentence(change, message, resolver):
    assert message in refused(resolver, {**PLAIN, **change})


@pytest.mark.parametrize("order", [1, -1])
def test_two_spellings_may_agree_but_not_differ_in_either_order(order, resolver):
    given = [("SeperateLinear", True), ("SeparateLinear", False)][::order]
    assert "says otherwise. Keep one." in refused(resolver, {**PLAIN, **dict(given)})
    assert resolver.resolve({**PLAIN, **dict.fromkeys(dict(given), True)})["SeparateLinear"] is True


def test_a_switched_off_key_may_be_out_of_range_but_not_of_another_type(resolver):
    resolver.resolve({**PLAIN, "LRStepMult": -1, "EmbedDimension": -1, "ProjectionMethod": ""})
    assert "LRStepMult: expected a number" in refused(resolver, {**PLAIN, "LRStepMult": "-1"})
    assert "ProjectionMethod: expected one of" in refused(resolver, {**PLAIN, "ProjectionMethod": "LearndProjector"})
    multi_step = {**PLAIN, "LRScheduler": "MultiStep"}
    assert refused(resolver, {**multi_step, "LRStepMult": -1}) == "config: LRStepMult: expected more than 0, got -1.0."


def test_retired_keys_are_accepted_with_a_note(resolver):
    config = resolver.resolve({**PLAIN, "StoreFeatures": True, "SaveModel": "whatever"})
    assert config.notes == (
        "StoreFeatures is accepted without effect: features are never written to disk.",
        "SaveModel is accepted without effect: every run keeps its weights.",
    )


def test_a_stanza_in_a_config_is_read_as_if_its_keys_stood_outside(resolver):
    flat = {**PLAIN, "VanillaKD": True, "Teacher": "resnet20", "Temperature": 2, "Optimizer": "SGD", "Momentum": 0.5}
    nested = {
        **PLAIN,
        "VanillaKD": True,
        "VanillaKD:Params": {"Temperature": 2, "SaveModel": True},
        "VanillaKD,FeatureKD:Params": {"Teacher": "resnet20", "Optimizer:SGD:Params": {"Momentum": 0.5}},
        "Optimizer": "SGD",
    }
    assert resolver.resolve(nested).fingerprint == resolver.resolve(flat).fingerprint
    assert len(resolver.resolve(nested).notes) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"VanillaKD:Params": {\n"Temprature": 2}', ":4: unknown key 'Temprature'. Did you mean 'Temperature'?"),
        ('"VanillaKD:Params": {\n"Temperature": "2"}', ':4: Temperature: expected a number, got "2".'),
        ('"Model:x:Params": {\n"BatchSize": 1}', ":4: BatchSize: expected at least 2, got 1."),
        ('"VanillaKD:Params": 3', ":3: unknown key 'VanillaKD:Params'."),
        ('"VanillaKD:Param": {}', ":3: unknown key 'VanillaKD:Param'."),
        (
            '"Seed": 1, "A:Params": {"Seed": 1},\n"B:Params": {"Seed": 2}',
            ":4: 'Seed' stands elsewhere and says otherwise.",
        ),
    ],
)
def test_a_mistake_in_a_stanza_is_reported_with_its_line(text, message, resolver, write):
    path = write("c.json", f'{{"Dataset": "CIFAR10",\n"Model": "resnet8",\n{text}}}')
    with pytest.raises(ConfigError) as refusal:
        resolver.load(path)
    assert str(refusal.value).startswith(f"{path}{message}")


def test_stanzas_nested_too_deeply_are_refused(resolver, write):
    path = write("c.json", '{"A:Params": ' * 400 + "{}" + "}" * 400)
    with pytest.raises(ConfigError, match=r"c\.json:1: unknown key 'A:Params'"):
        resolver.load(path)


def test_a_file_is_read_once_and_again_with_overrides(resolver, write):
    path = write("c.json", PLAIN)
    assert resolver.load(path) is resolver.load(path.parent / "." / "c.json")
    assert resolver.load(path, ["Seed=1"]).fingerprint != resolver.load(path).fingerprint


def test_the_active_values_of_a_config_resolve_to_the_same_config(resolver):
    first = resolver.resolve({**PLAIN, "DataAugmentation": True, "Optimizer": "SGD", "MLPWidths": [1]})
    again = resolver.resolve(json.loads(json.dumps(dict(first.active))))
    assert again.fingerprint == first.fingerprint
    assert again.active == first.active


@pytest.mark.parametrize(
    ("members", "overrides"),
    [
        ({"A": "a.json", "Trainer": "Comparison", "B": "b.json"}, []),
        ({"Dataset": "Digits", "Trainer": "Comparison", "Trainer:Comparison:Params": {"A": "a.json"}}, []),
        ({"Trainer": "Comparison"}, ["A=a.json"]),
        ({}, ["Trainer=Comparison", "A=a.json"]),
    ],
)
def test_a_planned_trainer_is_reported_before_its_unknown_keys(members, overrides, resolver, write):
    with pytest.raises(ConfigError) as refusal:
        resolver.load(write("one.json", members), overrides)
    assert re.search(
        r'Trainer = "Comparison" cannot run yet: representational similarity is planned\. '
        r"What runs: .*KDTrainer.*\. Its keys are not known yet, here 'A'\.$",
        str(refusal.value),
    )


def test_a_planned_trainer_is_reported_before_a_missing_key(resolver):
    with pytest.raises(ConfigError, match=r"similarity is planned\. What runs: .*\. This config has no Dataset\.$"):
        resolver.resolve({"Trainer": "Comparison"})


def test_an_unknown_key_of_an_implemented_trainer_is_reported(resolver):
    with pytest.raises(ConfigError, match="unknown key 'Tempreature'"):
        resolver.resolve({"Trainer": "KDTrainer", "Tempreature": 1})
