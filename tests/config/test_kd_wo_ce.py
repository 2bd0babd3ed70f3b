"""The configs published with KD_wo_CE: they load, have fingerprints, and planned features are refused by name."""

from collections import Counter

import pytest

from Arch.errors import ConfigError, NotImplementedYetError
from tests.config import kd_wo_ce

PUBLISHED = kd_wo_ce.published()
NINE_ABSENT = {
    "DownSample", "Normalization", "PoolMode", "LearnProjectors", "UseCustomReLU", "Kn", "Kp", "ExpPower",
    "ExpPowersetErasing",
}  # fmt: skip
RETIRED = [
    "StoreFeatures is accepted without effect: features are never written to disk.",
    "SaveResult is accepted without effect: every run keeps its result.",
    "SaveModel is accepted without effect: every run keeps its weights.",
]


@pytest.fixture(scope="module")
def configs(resolver):
    """Every published config, resolved."""
    return {name: resolver.resolve(raw) for name, raw in PUBLISHED.items()}


def test_there_are_426_configs_of_56_keys_each():
    assert len(PUBLISHED) == 426
    assert {len(raw) for raw in PUBLISHED.values()} == {56}


def test_all_65_keys_of_the_old_rules_are_known(resolver):
    old = set(kd_wo_ce.FLAT) | NINE_ABSENT
    assert len(old) == 65
    assert old - set(resolver.rules.known()) == set()


def test_the_configs_are_406_experiments_with_14_groups_of_equal_ones(configs):
    # 426 ids less 20, in 14 groups: as many as KD_wo_CE's own ids, whose duplicates are hand-listed layers that agree.
    shared = Counter(config.fingerprint for config in configs.values())
    assert len(shared) == 406
    groups = [
        [name for name, config in configs.items() if config.fingerprint == fingerprint]
        for fingerprint, times in shared.items()
        if times > 1
    ]
    assert len(groups) == 14
    assert all("/Ours" in name for group in groups for name in group)


def test_342_configs_state_two_rates_and_have_a_note_on_it(configs):
    noted = [name for name, config in configs.items() if "LearningRate" in config.unread.worth_noting()]
    assert len(noted) == 342
    assert not any(name.endswith("+240E") for name in noted)


@pytest.mark.parametrize(
    "name",
    [
        "CIFAR10/ResNet34->ResNet9/VKD",
        "CIFAR100F/VGG19->VGG11/Ours-S",
        "TinyImagenet/ViT_B->ViT_ETT/SemCKD",
        "DataAug/CIFAR10/Baselines/ViT_B_Baseline",
    ],
)
def test_the_notes_are_the_retired_keys_and_the_rate_that_is_not_read(name, configs):
    assert list(configs[name].notes) == RETIRED
    [why] = configs[name].unread.reasons(["LearningRate"])
    assert why == (
        "LRScheduler other than OneCycle (OneCycle here, which reads MaxLR and PctStart); "
        "KD_wo_CE trained at LearningRate and named the run by MaxLR"
    )


def test_a_long_training_has_no_note_on_rates_and_reads_its_steps(configs):
    config = configs["CIFAR10/ResNet34->ResNet9/SimKD+240E"]
    assert list(config.notes) == RETIRED
    assert "LearningRate" not in config.unread.keys
    assert (config["LearningRate"], config["LRSteps"], config["LRStepMult"]) == (0.05, [150, 180, 210], 0.1)
    assert (config["Optimizer"], config["WeightDecay"], config["Momentum"]) == ("SGD", 0.0005, 0.9)


def test_the_named_values_of_a_plain_distillation_by_hand(configs, resolver):
    config = configs["CIFAR10/ResNet34->ResNet9/VKD-T2"]
    teacher = resolver.resolve({"Dataset": "CIFAR10", "Model": "ResNet34"})
    assert config.named == {
        "Dataset": "CIFAR10",
        "Model": "ResNet9",
        "VanillaKD": True,
        "Temperature": 2.0,
        "LGLossWeight": 4.0,
        "Teacher": teacher.fingerprint,
    }


def test_the_named_values_of_feature_distillation_by_hand(configs):
    named = dict(configs["TinyImagenet/VGG19->VGG11/OursMulti"].named)
    assert len(named.pop("Teacher")) == 32
    assert named == {
        "Dataset": "TinyImageNet",
        "Model": "VGG11",
        "MaxLR": 0.005,
        "FeatureKD": True,
        "SeparateLinear": True,
        "TeacherLayers": [11, 12, 13, 16],
        "StudentLayers": [1, 3, 5, 7],
    }


@pytest.mark.parametrize(
    ("name", "switched_on"),
    [
        (
            "SemCKD",
            {"StudentPartitions", "TeacherPartitions", "AttnArchitecture", "AttnInput", "ProjectorArchitecture"},
        ),
        ("SimKD", {"ProjectorArchitecture", "LearnTeacherClassifier"}),
        ("BaselineSP+VKD", {"RelationFunction"}),
        ("VKD", set()),
    ],
)
def test_only_the_methods_own_keys_count(name, switched_on, configs):
    governed = {
        "StudentPartitions", "TeacherPartitions", "AttnArchitecture", "AttnInput", "ProjectorArchitecture",
        "RelationFunction", "LearnTeacherClassifier", "LayerMap", "LayerMapWeights", "LandmarkMethod",
        "LandmarkPostScaleFactor", "UseGlobalCenter",
    }  # fmt: skip
    assert governed & set(configs[f"CIFAR10/VGG19->VGG11/{name}"].active) == switched_on


def test_students_of_one_recipe_share_their_teacher_whatever_the_method(configs):
    of_resnet9 = [
        config.references["Teacher"].fingerprint
        for name, config in configs.items()
        if name.startswith("CIFAR10/ResNet34->ResNet9/") and not name.endswith("+240E")
    ]
    assert len(of_resnet9) == 17
    assert len(set(of_resnet9)) == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CIFAR10/VGG19->VGG11/SemCKD", "FeatureKD = true has an identity but cannot run yet: "),
        ("CIFAR10/VGG19->VGG11/SimKD", "FeatureKD = true has an identity"),
        ("CIFAR10/ResNet34->ResNet9/Baseline1LC+VKD", "FeatureKD = true has an identity"),
        ("CIFAR10/ResNet34->ResNet9/Ours-E", " = true has an identity"),
        ("CIFAR10/Baselines/VGG19_Baseline", "PreTrainedFrom has to be given"),
    ],
)
def test_a_planned_method_is_refused_by_name(name, words, configs):
    with pytest.raises(NotImplementedYetError) as refusal:
        configs[name].require_implemented()
    assert words in str(refusal.value)


@pytest.mark.parametrize("name", ["VKD", "VKD-T2", "VKDNormalized", "VKD+240E", "VKDNormalized+240E"])
@pytest.mark.parametrize("pair", ["VGG19->VGG11", "ResNet34->ResNet9", "ResNet34->MobileNetV2", "ViT_B->ViT_ETT"])
@pytest.mark.parametrize("dataset", ["CIFAR10", "CIFAR100F", "TinyImagenet"])
def test_distillation_through_logits_can_run(dataset, pair, name, configs):
    configs[f"{dataset}/{pair}/{name}"].require_implemented()


def test_a_file_with_conditions_in_it_is_the_same_experiment(configs, resolver, write):
    raw = dict(PUBLISHED["CIFAR10/ResNet34->ResNet9/SemCKD"])
    logits = {key: raw.pop(key) for key in ("Temperature", "LGLossWeight", "NormalizeLogits")}
    attention = {key: raw.pop(key) for key in ("AttnArchitecture", "AttnInput")}
    raw["VanillaKD:Params"] = logits
    raw["FeatureKD:Params"] = {"LayerMappingMethod:LearnedAttn:Params": attention}
    assert (
        resolver.load(write("nested.json", raw)).fingerprint == configs["CIFAR10/ResNet34->ResNet9/SemCKD"].fingerprint
    )


def test_the_blank_config_is_refused_for_its_one_unknown_key(resolver):
    with pytest.raises(ConfigError, match="unknown key 'Logits'"):
        resolver.resolve({**kd_wo_ce.FLAT, "Logits": "", "ProjectionMethod": "", "Temperature": -1.0})
