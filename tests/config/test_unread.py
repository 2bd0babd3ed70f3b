"""Keys that a config gives and nothing reads; the oracle is the condition in the rules, read by hand."""

import json

import pytest

RULES = {
    "Model": "",
    "Model:Small:Params": {"Width": 8},
    "Model:Large,Huge:Params": {"Depth": 2, "Heads": 1},
    "Model:!Small:Params": {"Norm": True},
    "Taught": False,
    "Taught:Params": {"Teacher": "", "Heat": 4.0, "Soft": False, "Soft:Params": {"Softness": 1.0}},
    "Mix": 0.0,
    "Cut": 0.0,
    "Mix,Cut:Params": {"Share": 0.5},
    "Mix;Cut:Params": {"Both": 0.5},
    "!Taught:Params": {"Alone": 1},
    "Runs": 1,
    ":": ["Runs"],
    "::": {
        "Model": {"choices": {"Small": 1, "Large": 1, "Huge": 1}, "required": True},
        "Teacher": {"type": "reference", "model_key": "Model", "resets": {"Taught": False}, "required": True},
        "Norm": {"unread": "an old key"},
    },
}
TAUGHT = {"Taught": True, "Teacher": "Large"}


@pytest.fixture
def made(resolver_of):
    return resolver_of(json.dumps(RULES))


def reasons(config):
    return {key: why for why, keys in config.unread.reasons(config.unread.worth_noting()).items() for key in keys}


@pytest.mark.parametrize(
    ("given", "key", "why"),
    [
        ({"Heat": 2}, "Heat", "Taught (false here, which reads Alone)"),
        ({"Width": 4, "Model": "Huge"}, "Width", "Model Small (Huge here, which reads Depth, Heads and Norm)"),
        ({"Depth": 4}, "Depth", "Model Large or Huge (Small here, which reads Width)"),
        ({"Norm": False}, "Norm", "Model other than Small (Small here, which reads Width); an old key"),
        ({"Share": 0.1}, "Share", "Mix or Cut (Mix 0.0, Cut 0.0 here)"),
        ({"Both": 0.1, "Cut": 0.3}, "Both", "Mix and Cut (Mix 0.0, Cut 0.3 here)"),
        ({"Softness": 2, "Soft": True}, "Softness", "Taught (false here, which reads Alone)"),
        ({"Softness": 2, "Taught": True, "Teacher": "Large"}, "Softness", "Soft (false here)"),
        ({"Alone": 2, **TAUGHT}, "Alone", "no Taught (true here, which reads Teacher, Heat and Soft)"),
    ],
)  # fmt: skip
def test_the_reason_is_the_first_condition_that_fails_and_what_counts_instead(made, given, key, why):
    assert reasons(made.resolve({"Model": "Small", **given}))[key] == why


def test_keys_with_one_reason_are_given_together(made):
    config = made.resolve({"Model": "Small", "Heat": 2, "Depth": 3, "Teacher": "Large"})
    assert list(config.unread.reasons(config.unread.worth_noting()).values()) == [("Heat", "Teacher"), ("Depth",)]


def test_a_default_and_a_placeholder_that_do_not_count_are_not_worth_a_note(made):
    config = made.resolve({"Model": "Small", "Heat": 4, "Depth": -1, "Teacher": "", "Runs": 3})
    assert config.unread.keys == ("Heat", "Depth", "Teacher")
    assert config.unread.worth_noting() == ()


def test_a_default_of_the_command_line_or_with_a_remark_is_worth_one(made):
    config = made.resolve({"Model": "Small", "Norm": True, "Depth": 2}, overrides=["Heat=4"])
    assert config.unread.worth_noting() == ("Norm", "Heat")
    assert config.unread.worth_noting(typed=["Depth"]) == ("Norm", "Depth", "Heat")


def test_keys_in_a_stanza_that_does_not_count_are_unread(made):
    assert made.resolve({"Model": "Small", "Taught:Params": {"Heat": 2}}).unread.worth_noting() == ("Heat",)


def test_a_bare_teacher_does_not_repeat_what_its_student_gives(made):
    config = made.resolve({"Model": "Small", "Width": 4, "Taught": True, "Heat": 2, "Teacher": "Large"})
    assert config.unread.keys == config.references["Teacher"].unread.keys == ()


def test_an_inline_teacher_has_unread_keys_of_its_own(made):
    teacher = {"Model": "Large", "Width": 4}
    config = made.resolve({"Model": "Small", "Taught": True, "Teacher": teacher})
    assert config.references["Teacher"].unread.worth_noting() == ("Width",)
