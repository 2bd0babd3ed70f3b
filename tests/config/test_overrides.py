"""Overrides given on the command line replace the values of a config."""

import pytest

from Arch.errors import ConfigError


@pytest.mark.parametrize(
    ("word", "key", "value"),
    [
        ("BatchSize=64", "BatchSize", 64),
        ("MaxLR=1e-2", "MaxLR", 0.01),
        ("DataAugmentation=true", "DataAugmentation", True),
        ("Model=resnet20", "Model", "resnet20"),
        ("LRScheduler=None", "LRScheduler", "Constant"),
        ("MLPWidths=[8, 4]", "MLPWidths", [8, 4]),
        ("TeacherLayers=[1, 2]", "TeacherLayers", [1, 2]),
        ("TeacherLayers=Quality:4", "TeacherLayers", "Quality:4"),
        ("DataName=2024", "DataName", "2024"),
        ('Teacher={"Model": "MLP"}', "Teacher", {"Model": "MLP"}),
        ("Teacher=resnet20", "Teacher", "resnet20"),
        ("Teacher=12345678", "Teacher", "12345678"),
    ],
)
def test_an_override_replaces_the_value_of_the_file(word, key, value, resolver):
    raw = {"Dataset": "Digits", "Model": "MLP", "BatchSize": 32, "MaxLR": 0.5}
    assert resolver.resolve(raw, overrides=[word]).active.get(key, value) == value
    assert resolver.resolve(raw, overrides=[word]).given[key] == value


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("BatchSize", "--set: expected Key=Value, got 'BatchSize'."),
        ("=3", "--set: expected Key=Value, got '=3'."),
        ("BatchSzie=3", "--set: unknown key 'BatchSzie'. Did you mean 'BatchSize'?"),
        ("BatchSize=many", '--set: BatchSize: expected a whole number, got "many".'),
        ("BatchSize=1", "--set: BatchSize: expected at least 2, got 1."),
        ("BatchSize=", '--set: BatchSize: expected a whole number, got "".'),
        ("DataAugmentation=True", '--set: DataAugmentation: expected true or false, got "True".'),
        ("MaxLR=NaN", '--set: MaxLR: expected a number, got "NaN".'),
        ("Model=resnt20", '--set: Model: expected one of its choices, got "resnt20".'),
        ("Model=", "config: Model has to be given"),
        ("Optimizer=", '--set: Optimizer: expected one of its choices, got "".'),
    ],
)
def test_a_mistaken_override_is_reported_in_a_sentence(word, message, resolver):
    with pytest.raises(ConfigError) as refusal:
        resolver.resolve({"Dataset": "CIFAR10", "Model": "resnet8x4"}, overrides=[word])
    assert message in str(refusal.value)


def test_the_home_of_an_unknown_user_stays_as_it_is_for_the_message_of_its_reader(resolver):
    config = resolver.resolve({"Dataset": "CIFAR10", "Model": "MLP"}, overrides=["DataPath=~nosuchuser/x"])
    assert config.option("DataPath").endswith("/~nosuchuser/x")


def test_a_word_of_megabytes_is_quoted_by_its_beginning(resolver):
    for word in ("K" * 5_000_000, "K" * 5_000_000 + "=1"):
        with pytest.raises(ConfigError, match="'KKKK") as refusal:
            resolver.resolve({"Dataset": "CIFAR10", "Model": "MLP"}, overrides=[word])
        assert len(str(refusal.value)) < 1000
