"""A resolved config does not depend on those resolved before it; the oracle is a new resolver."""

import pytest

from Arch.config.resolve import Resolver
from Arch.config.rules.reader import read_rules
from Arch.errors import ArchError

TAUGHT = {
    "Dataset": "CIFAR10", "Model": "MLP", "MLPWidths": [8, 8], "VanillaKD": True, "FeatureKD": True,
    "Teacher": "MLP", "Seed": 1, "Temperature": 1.0, "LearningRate": 1, "MaxLR": 1.0, "NumRuns": 1, "LGLossWeight": 1,
}  # fmt: skip
BASES = {
    "taught": TAUGHT,
    "alone": {"Dataset": "Digits", "Model": "MLP", "Seed": 0, "LRScheduler": "OneCycle", "MaxLR": 0.5},
    "taught by an inline one": {**TAUGHT, "Teacher": {"Dataset": "CIFAR10", "Model": "MLP", "Seed": 1}},
}
VALUES = [True, False, 0, 1, 1.0, 0.0, -0.0, -1, 2, 0.5, "1", "", "true", [], [1], [True], [1.0], ["1"], None, {}]


@pytest.fixture(scope="module")
def rules(rules_path):
    return read_rules(rules_path)


def outcome(resolver, raw, folder):
    """All that a config says, types and order of the active values included, or its error."""
    try:
        config = resolver.resolve(raw, folder)
    except ArchError as problem:
        return str(problem)
    references = {key: other.fingerprint for key, other in config.references.items()}
    read = (*sorted(config.given.items()), config.unread.worth_noting(), *sorted(config.unread.given.items()))
    return repr(read) + repr(
        (config.fingerprint, config.active, config.off, config.options, references, config.notes, config.folder)
    )


@pytest.mark.parametrize(
    ("base", "step"), [("taught", 5), *(pytest.param(base, 1, marks=pytest.mark.slow) for base in BASES)]
)
def test_values_that_are_equal_in_python_only_stay_different(rules, base, step, tmp_path):
    for key in [key for key in rules.keys if key not in rules.references][::step]:
        siblings = [{**BASES[base], key: value} for value in VALUES]
        alone = [outcome(Resolver(rules), raw, tmp_path) for raw in siblings]
        for one in siblings[:12]:
            resolver = Resolver(rules)
            resolver.resolve(BASES[base], tmp_path)
            outcome(resolver, one, tmp_path)
            assert [outcome(resolver, raw, tmp_path) for raw in siblings] == alone, (key, one[key])


@pytest.mark.parametrize(
    "change",
    [
        {"Teacher": "resnet8"}, {"Teacher": ""}, {"Seed": 2}, {"MLPWidths": [4]}, {"NumRuns": 3}, {"Model": "resnet8"},
        {"Temperature": 3, "LGLossWeight": -5}, {"LGLossWeight": -5, "Temperature": 0}, {"LearningRate": 2},
        {"VanillaKD": False}, {"Temprature": 3}, {"ClassifierDropout": 0.5}, {"Teacher": "nothing.json"},
    ],
)  # fmt: skip
def test_a_changed_config_equals_the_same_config_resolved_alone(rules, tmp_path, change):
    resolver = Resolver(rules)
    for raw in (TAUGHT, {**TAUGHT, **change}, TAUGHT, {**TAUGHT, "Temperature": 2}, {**TAUGHT, **change}):
        assert outcome(resolver, raw, tmp_path) == outcome(Resolver(rules), raw, tmp_path)


def test_a_mapping_that_was_changed_since_is_resolved_again(rules, tmp_path):
    raw = {**TAUGHT, "MLPWidths": [], "Teacher": "resnet8"}
    resolver = Resolver(rules)
    for change in (lambda: None, lambda: raw.update(Temperature=5), lambda: raw["MLPWidths"].append(16)):
        change()
        assert outcome(resolver, raw, tmp_path) == outcome(Resolver(rules), raw, tmp_path)


def test_a_bare_teacher_has_the_changed_values_of_its_student(rules, tmp_path):
    resolver = Resolver(rules)
    [one, other] = [resolver.resolve({**TAUGHT, "Seed": seed}, tmp_path).references["Teacher"] for seed in (1, 2)]
    assert (one["Seed"], other["Seed"]) == (1, 2)


def test_only_what_differs_in_a_sweep_is_read(rules, tmp_path, monkeypatch):
    resolver = Resolver(rules)
    resolver.resolve(TAUGHT, tmp_path)
    monkeypatch.setattr("Arch.config.resolve.read_given", None)
    assert [resolver.resolve({**TAUGHT, "Temperature": each}, tmp_path)["Temperature"] for each in (1, 2.5)] == [1, 2.5]
