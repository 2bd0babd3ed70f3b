"""Labels of experiments; every expectation is written out by hand."""

from __future__ import annotations

import pytest

from Arch.report import distinguishing, labels
from Arch.report.labels import LONGEST

PLAIN = {"Model": "resnet8", "Dataset": "CIFAR10", "VanillaKD": False, "MaxLR": 0.01}
DISTILLED = PLAIN | {"VanillaKD": True, "Temperature": 4.0, "Teacher": "a" * 32}
PRINTS = [f"{index:08x}{'0' * 24}" for index in range(20)]


def labelled(*configs, titles=None):
    return labels(configs, PRINTS[: len(configs)], titles)


def test_only_keys_with_unequal_values_distinguish():
    shares = distinguishing([{"A": 1, "B": "x", "C": [1, 2]}, {"A": 1, "B": "y", "C": [1, 3]}])
    assert shares == [{"B": "x", "C": [1, 2]}, {"B": "y", "C": [1, 3]}]


def test_a_key_that_one_config_lacks_distinguishes():
    assert distinguishing([{"A": 1}, {"A": 1, "B": None}]) == [{}, {"B": None}]


def test_numbers_are_compared_as_numbers_but_true_is_not_one():
    assert distinguishing([{"A": 1}, {"A": 1.0}]) == [{}, {}]
    assert distinguishing([{"A": 1}, {"A": True}]) == [{"A": 1}, {"A": True}]


def test_one_experiment_or_none_has_nothing_to_distinguish():
    assert distinguishing([]) == []
    assert distinguishing([PLAIN]) == [{}]


def test_a_single_experiment_is_called_by_its_model():
    assert labelled(DISTILLED) == ["resnet8"]


def test_a_switch_represents_the_keys_under_it():
    assert labelled(PLAIN, DISTILLED) == ["resnet8", "resnet8, VanillaKD"]


def test_a_key_is_shown_where_its_values_differ():
    changed = DISTILLED | {"Temperature": 8.5}
    assert labelled(PLAIN, DISTILLED, changed) == [
        "resnet8",
        "resnet8, VanillaKD, Temperature=4",
        "resnet8, VanillaKD, Temperature=8.5",
    ]


def test_names_and_switches_come_before_values_whatever_the_order_of_keys():
    first = {"A": 0.1, "B": True, "Dataset": "Digits", "Model": "MLP"}
    second = {"A": 1e-08, "B": False, "Dataset": "CIFAR10", "Model": "vgg8"}
    assert labelled(first, second) == ["MLP, Digits, B, A=0.1", "vgg8, CIFAR10, A=1e-08"]


def test_a_teacher_is_called_by_its_title():
    other = DISTILLED | {"Teacher": "b" * 32}
    titles = {"a" * 32: "resnet8x4", "b" * 32: "resnet32x4"}
    assert labelled(DISTILLED, other, titles=titles) == [
        "resnet8, Teacher=resnet8x4",
        "resnet8, Teacher=resnet32x4",
    ]


def test_teachers_with_the_same_title_are_shown_with_fingerprints():
    other = DISTILLED | {"Teacher": "b" * 32}
    titles = {"a" * 32: "resnet8x4", "b" * 32: "resnet8x4"}
    assert labelled(DISTILLED, other, titles=titles) == [
        "resnet8, Teacher=resnet8x4 aaaaaaaa",
        "resnet8, Teacher=resnet8x4 bbbbbbbb",
    ]


def test_a_teacher_without_a_title_is_shown_by_its_first_digits():
    assert labelled(DISTILLED, DISTILLED | {"Teacher": "b" * 32})[0] == "resnet8, Teacher=aaaaaaaa"


def test_lists_and_null_are_written_short():
    first, second = {"Model": "MLP", "MLPWidths": [512, 64.0]}, {"Model": "MLP", "MLPWidths": None}
    assert labelled(first, second) == ["MLP, MLPWidths=[512,64]", "MLP, MLPWidths=null"]


def test_identical_experiments_get_the_first_digits_of_their_fingerprints():
    assert labelled(PLAIN, dict(PLAIN)) == ["resnet8, 00000000", "resnet8, 00000001"]


def test_an_experiment_without_a_model_is_its_fingerprint():
    assert labelled({"Seed": 1}) == ["00000000"]


def test_false_is_shown_where_it_is_the_only_difference():
    assert labelled({"Model": "vgg8", "BatchNorm": False}, {"Model": "vgg8"})[0] == "vgg8, BatchNorm=false"


def test_a_key_under_a_switch_is_shown_if_it_is_the_only_difference():
    assert labelled(PLAIN, PLAIN | {"Temperature": 2})[1] == "resnet8, Temperature=2"


def test_long_labels_lose_unneeded_keys_from_the_end():
    keys = [f"AnImportantParameter{index}" for index in range(4)]
    configs = [{"Model": "resnet8", **dict.fromkeys(keys, value)} for value in (1, 2)]
    assert max(map(len, labelled(*configs))) <= LONGEST
    assert labelled(*configs)[1] == "resnet8, AnImportantParameter0=2, AnImportantParameter1=2"


def test_long_labels_keep_what_makes_them_unique():
    long = {"Model": "resnet8", "A": "x" * 50, "B": 1}
    assert labelled(long, long | {"B": 2}, long | {"A": "y" * 50})[1] == f"resnet8, A={'x' * 50}, B=2"


@pytest.mark.parametrize("models", [1, 4])
def test_the_labels_of_a_grid_are_unique(models):
    grid = [
        {"Model": f"vgg{model}", "Temperature": float(temperature), "Nesterov": nesterov}
        for model in range(models)
        for temperature in (1, 2)
        for nesterov in (True, False)
    ]
    assert len(set(labelled(*grid))) == len(grid)


def test_studies_without_a_model_are_called_by_their_trainer():
    configs = [{"Trainer": "Comparison", "Measure": measure} for measure in ("CKA", "RSA")]
    assert labels(configs, ["a" * 32, "b" * 32]) == ["Comparison, Measure=CKA", "Comparison, Measure=RSA"]
    assert labels(configs[:1], ["a" * 32]) == ["Comparison"]


def test_a_study_without_a_model_shows_the_network_that_it_looks_at():
    config = {"Trainer": "Evaluation", "Dataset": "Digits", "Network": "a" * 32}
    assert labels([config], ["f" * 32], {"a" * 32: "resnet8 on Digits"}) == ["Evaluation, Network=resnet8 on Digits"]
