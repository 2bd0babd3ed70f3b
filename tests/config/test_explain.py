"""Explanations of fingerprints, key by key."""

import json

from Arch.config.explain import Difference, KeyStory, differences, explain

RULES = """{
"Model": "",
"Mode": "a",
"Mode:a:Params": {
"Rate": 0.1
},
"Taught": false,
"Taught:Params": {
"Teacher": ""
},
"Runs": 1,
":": ["Runs"],
"::": {
"Model": {"choices": {"Small": 1, "Large": 1}, "required": true},
"Teacher": {"type": "reference", "model_key": "Model", "resets": {"Taught": false}, "required": true}
}}"""


def test_each_key_is_explained_in_the_order_of_the_rules(resolver_of):
    config = resolver_of(RULES).resolve({"Model": "Small", "Mode": "a", "Taught": True, "Teacher": "Large", "Runs": 2})
    teacher = config.references["Teacher"]
    assert explain(config) == [
        KeyStory("Model", "Small", "named", "line 2: counts always"),
        KeyStory("Mode", "a", "default", "line 3: counts always; given as its default, so not in the name"),
        KeyStory("Rate", 0.1, "default", "line 5: counts as Mode:a; not given, so not in the name"),
        KeyStory("Taught", True, "named", "line 7: counts always"),
        KeyStory(
            "Teacher",
            f"Large ({teacher.fingerprint[:8]})",
            "named",
            "line 9: counts as Taught",
        ),
        KeyStory("Runs", 2, "option", "line 11: says how to run, not what is computed"),
    ]


def test_a_switched_off_key_is_explained_by_its_condition_and_its_given_value(resolver_of):
    stories = {
        each.key: each for each in explain(resolver_of(RULES).resolve({"Model": "Small", "Mode": "b", "Rate": 9}))
    }
    assert stories["Rate"] == KeyStory("Rate", 9.0, "off", "line 5: counts when Mode:a")
    assert stories["Teacher"] == KeyStory("Teacher", None, "off", "line 9: counts when Taught")


def test_one_experiment_written_in_two_ways_has_no_differences(resolver):
    one = resolver.resolve({"Dataset": "Digits", "Model": "MLP", "Seed": 1.0, "Momentum": 0.5})
    other = resolver.resolve({"Model": "MLP", "Seed": 1, "Dataset": "Digits", "BatchSize": 128})
    assert differences(one, other) == []


def test_differences_are_the_active_keys_that_differ(resolver):
    one = resolver.resolve({"Dataset": "Digits", "Model": "MLP", "Seed": 1, "Optimizer": "SGD"})
    other = resolver.resolve({"Dataset": "Digits", "Model": "MLP", "MLPWidths": [8]})
    assert sorted(differences(one, other), key=lambda each: each.key) == [
        Difference("Beta1", None, 0.9),
        Difference("Beta2", None, 0.999),
        Difference("Epsilon", None, 1e-8),
        Difference("MLPWidths", [512, 512], [8]),
        Difference("Momentum", 0.9, None),
        Difference("Nesterov", False, None),
        Difference("Optimizer", "SGD", "AdamW"),
        Difference("Seed", 1, 0),
    ]


def test_teachers_are_compared_key_by_key(resolver):
    student = {"Dataset": "Digits", "Model": "MLP", "VanillaKD": True}
    one = resolver.resolve({**student, "Teacher": {"Dataset": "Digits", "Model": "resnet8", "MaxLR": 0.1}})
    other = resolver.resolve({**student, "Teacher": {"Dataset": "Digits", "Model": "resnet20", "MaxLR": 0.1}})
    assert differences(one, other) == [Difference("Teacher.Model", "resnet8", "resnet20")]


def test_a_foreign_or_missing_teacher_is_compared_by_its_title(resolver):
    student = {"Dataset": "Digits", "Model": "MLP", "VanillaKD": True}
    one = resolver.resolve({**student, "Teacher": "resnet8"})
    foreign = resolver.resolve({**student, "Teacher": "timm/x"})
    alone = resolver.resolve({**student, "VanillaKD": False})
    assert differences(one, foreign) == [Difference("Teacher", "resnet8 on Digits", "timm/x")]
    assert Difference("Teacher", "resnet8 on Digits", None) in differences(one, alone)


def test_a_key_under_alternatives_is_explained_by_all_of_them(resolver_of):
    rules = {
        "Mode": "a",
        "Flag": False,
        "Size": 1,
        "Mode:b|Flag;Size:Params": {"Rate": 0.1, "Size:!2:Params": {"X": 1}},
    }
    resolver = resolver_of(json.dumps(rules))
    off = {each.key: each.why for each in explain(resolver.resolve({}))}
    assert off["Rate"] == "line 1: counts when Mode:b|Flag;Size"
    assert off["X"] == "line 1: counts when Mode:b|Flag;Size and Size:!2"
    for given in ({"Mode": "b"}, {"Flag": True}):
        on = {each.key: each for each in explain(resolver.resolve(given))}
        assert (on["Rate"].verdict, on["Rate"].why) == (
            "default",
            "line 1: counts as Mode:b|Flag;Size; not given, so not in the name",
        )
