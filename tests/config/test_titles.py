"""Titles, with and without a network, data and references; the oracles are titles written by hand."""

import pytest

from Arch.config.foreign import ForeignNetwork
from Arch.config.titles import title_of

RULES = {
    "Trainer": "KDTrainer",
    "Dataset": "Digits",
    "Dataset:Arrays:Params": {"DataName": ""},
    "Trainer:KDTrainer:Params": {"Model": "MLP", "Teacher": ""},
    "Trainer:!KDTrainer:Params": {"A": "", "B": ""},
    "::": {key: {"type": "reference", "model_key": "Model"} for key in ("A", "B", "Teacher")},
}
SMALL, LARGE = {"Model": "resnet8"}, {"Model": "resnet20"}
CIFAR = {"Dataset": "CIFAR10"}


@pytest.mark.parametrize(
    ("config", "title"),
    [
        (SMALL, "resnet8 on Digits"),
        ({**SMALL, "Dataset": "Arrays", "DataName": "shapes"}, "resnet8 on shapes"),
        ({**SMALL, "Teacher": LARGE}, "resnet8 on Digits, taught by resnet20"),
        ({**SMALL, "Teacher": "timm/resnet18"}, "resnet8 on Digits, taught by timm/resnet18"),
        ({"Trainer": "Evaluation"}, "Evaluation on Digits"),
        ({"Trainer": "Evaluation", "A": SMALL}, "Evaluation of resnet8 on Digits"),
        ({"Trainer": "Evaluation", "A": {**SMALL, **CIFAR}}, "Evaluation of resnet8 on CIFAR10, on Digits"),
        ({"Trainer": "Evaluation", "A": "timm/resnet18"}, "Evaluation of timm/resnet18 on Digits"),
        ({"Trainer": "Comparison", "A": SMALL, "B": LARGE}, "Comparison of resnet8 on Digits and resnet20 on Digits"),
    ],
)
def test_a_title_says_what_an_experiment_is(config, title, resolver_of):
    assert resolver_of(RULES).resolve(config).title == title


def test_a_title_has_no_words_for_what_is_missing():
    foreign = ForeignNetwork("timm/x", "0" * 32)
    assert title_of({"Model": "MLP"}, {}) == "MLP"
    assert title_of({"Trainer": "Comparison"}, {"A": foreign, "B": foreign}) == "Comparison of timm/x and timm/x"
    assert title_of({}, {}) == "Study"
